"""What a program needs on a bare Cortex-M4, as QEMU's board mps2-an386 has it.

The self-test runs unchanged. The linker puts ``measured_step`` between it and the policy's step
(``--wrap``), which counts instructions and looks how deep the stack was used.
"""

LINKER_SCRIPT = """\
MEMORY
{
    flash (rx) : ORIGIN = 0x00000000, LENGTH = 4M
    ram (rwx) : ORIGIN = 0x20000000, LENGTH = 4M
}
ENTRY(start)
SECTIONS
{
    .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) } > flash
    .ARM.exidx : { *(.ARM.exidx*) } > flash
    .data : { *(.data*) } > ram
    .bss : { *(.bss*) *(COMMON) } > ram
    stack_top = ORIGIN(ram) + LENGTH(ram);
}
"""

# SysTick counts 25 million ticks per second of QEMU's clock, which -icount ties to instructions.
# What the counting itself costs is measured first, and taken off.
_HARNESS = """\
#include "@NAME@.h"

#include <stdint.h>

#define CONTROL (*(volatile uint32_t *)0xE000E010u)
#define RELOAD (*(volatile uint32_t *)0xE000E014u)
#define TICKS (*(volatile uint32_t *)0xE000E018u)
#define COPROCESSORS (*(volatile uint32_t *)0xE000ED88u)
#define PAINTED 4096
#define PAINT 0xA5C3F00Du

extern uint32_t stack_top;
void start(void);
float @NAME@_selftest(void);
void __real_@NAME@_step(@NAME@_state *, const @NAME@_inputs *, @NAME@_outputs *);
void __wrap_@NAME@_step(@NAME@_state *, const @NAME@_inputs *, @NAME@_outputs *);

__attribute__((section(".vectors"), used)) static void *const vectors[2] = {
    &stack_top, (void *)start
};

static uint32_t calls, most, deepest, overhead;
static uint64_t total;

static void host(uint32_t request, const void *argument)
{
    register uint32_t r0 __asm__("r0") = request;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print(const char *name, uint64_t number)
{
    char text[24];
    char *digit = text + sizeof text;
    *--digit = 0;
    *--digit = '\\n';
    do {
        *--digit = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    host(4, name);
    host(4, digit);
}

void __wrap_@NAME@_step(
    @NAME@_state *state, const @NAME@_inputs *inputs, @NAME@_outputs *outputs)
{
    volatile uint32_t *bottom;
    __asm__ volatile("mov %0, sp" : "=r"(bottom));
    for (int i = 1; i <= PAINTED; ++i) {
        bottom[-i] = PAINT;
    }
    TICKS = 0;
    const uint32_t before = TICKS;
    __real_@NAME@_step(state, inputs, outputs);
    const uint32_t ticks = ((before - TICKS) & 0xFFFFFFu) - overhead;
    total += ticks;
    calls += 1;
    most = ticks > most ? ticks : most;
    for (int i = PAINTED; i > 0; --i) {
        if (bottom[-i] != PAINT) {
            deepest = (uint32_t)i * 4 > deepest ? (uint32_t)i * 4 : deepest;
            break;
        }
    }
}

void start(void)
{
    COPROCESSORS |= 0xFu << 20;
    __asm__ volatile("dsb\\n\\tisb" ::: "memory");
    RELOAD = 0xFFFFFFu;
    TICKS = 0;
    CONTROL = 5;
    const uint32_t before = TICKS;
    overhead = (before - TICKS) & 0xFFFFFFu;
    union { float value; uint32_t bits; } worst;
    worst.value = @NAME@_selftest();
    print("worst ", worst.bits);
    print("calls ", calls);
    print("total ", total);
    print("most ", most);
    print("stack ", deepest);
    print("inputs ", sizeof(@NAME@_inputs));
    print("outputs ", sizeof(@NAME@_outputs));
    print("state ", sizeof(@NAME@_state));
    host(0x18, (void *)0x20026);
    for (;;) {
    }
}
"""


def write_harness(prefix: str) -> str:
    """Return the C text of the program around a policy's self-test.

    Args:
        prefix: of the policy's files and functions.
    """
    return _HARNESS.replace("@NAME@", prefix)
