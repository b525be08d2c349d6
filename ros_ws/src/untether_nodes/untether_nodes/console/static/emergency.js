// The emergency stop: a plain request, so that it needs neither NiceGUI nor its websocket.
(() => {
  const ATTEMPTS = 3;
  const TIMEOUT = 7000; // [ms] a little more than the console waits for the drones' modes
  const SHOWN = 10000; // [ms]
  const button = document.getElementById("emergency");
  const told = document.getElementById("emergency-told");
  let hiding;

  function tell(text, state) {
    told.textContent = text;
    told.dataset.state = state;
    clearTimeout(hiding);
    if (state !== "sending") hiding = setTimeout(() => delete told.dataset.state, SHOWN);
  }

  async function send(drone) {
    const response = await fetch("/api/emergency", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ drone }),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (response.status === 401) return { succeeded: false, text: "not logged in: log in again" };
    if (!response.ok) throw new Error(`the console answers ${response.status}`);
    return response.json();
  }

  // Stops one drone, or all of them when there is no name.
  async function stop(drone = "") {
    tell("emergency stop: sending", "sending");
    let problem;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        const outcome = await send(drone);
        tell(outcome.text, outcome.succeeded ? "done" : "failed");
        return;
      } catch (error) {
        problem = error;
      }
    }
    tell(`EMERGENCY STOP NOT DELIVERED: ${problem.message}`, "failed");
  }

  button.addEventListener("click", () => stop());
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.code !== "Space" || !event.ctrlKey || !event.shiftKey || event.repeat) return;
      event.preventDefault();
      event.stopPropagation();
      stop();
    },
    true,
  );
  window.untetherEmergency = stop;

  // Commands given while the console is away must not reach the drones when it comes back.
  const watch = setInterval(() => {
    if (!window.socket) return;
    clearInterval(watch);
    const page = document.getElementById("app");
    window.socket.on("connect", () => (page.inert = false));
    window.socket.on("disconnect", () => (page.inert = true));
  }, 100);
})();
