import shutil
import subprocess

import pytest

from untether_policies.c_export.helpers import HELPERS, choose_helpers

# Every 4,099th of all 32-bit floats, about a million; the stated bounds are over all of them.
MAIN = """
#include <stdio.h>
#include <string.h>
int main(void)
{
    double exponential_error = 0.0, tangent_error = 0.0;
    for (uint32_t bits = 0; bits < 0xFFFFE000u; bits += 4099u) {
        float x;
        memcpy(&x, &bits, sizeof x);
        if (!(x == x)) {
            if (!isnan(exponential(x)) || !isnan(hyperbolic_tangent(x))) {
                return 1;
            }
            continue;
        }
        if (x > -86.5f && x < 88.7228f) {
            const double right = exp((double)x);
            exponential_error = fmax(exponential_error, fabs(exponential(x) - right) / right);
        }
        tangent_error = fmax(tangent_error, fabs(hyperbolic_tangent(x) - tanh((double)x)));
    }
    printf("%g %g", exponential_error, tangent_error);
    return exponential(-INFINITY) != 0.0f || exponential(INFINITY) != INFINITY;
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc on the PATH")
def test_approximations_keep_their_stated_errors(tmp_path):
    texts = [helper.text for helper in choose_helpers(["exponential", "hyperbolic_tangent"])]
    source = tmp_path / "main.c"
    source.write_text("\n".join(["#include <math.h>\n#include <stdint.h>", *texts, MAIN]))
    program = tmp_path / "main"
    command = ["gcc", "-std=c99", "-O2", str(source), "-lm", "-o", str(program)]
    subprocess.run(command, check=True, timeout=60)
    result = subprocess.run([str(program)], capture_output=True, text=True, timeout=60, check=True)
    exponential, tangent = map(float, result.stdout.split())
    assert exponential <= 8.4e-8
    assert tangent <= 4.2e-7


def test_a_helper_comes_with_those_that_it_calls_and_after_them():
    chosen = choose_helpers(["softplus", "sigmoid", "sqrtf"])
    assert [helper is HELPERS["exponential"] for helper in chosen] == [True, False, False]
    assert choose_helpers(["sqrtf"]) == []
