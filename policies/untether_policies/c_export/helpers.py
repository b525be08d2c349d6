"""The C functions of the generated code, each written only when it is used.

``expf`` and ``tanhf`` of newlib are slow and large on a Cortex-M4, so the exponential and what
follows from it are computed here, in single precision. The errors stated beside them are the
greatest over all 32-bit floats, against double precision; the tests look at a part of them. NaN
goes in and comes out everywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Helper:
    """A C function.

    Attributes:
        text: its definition.
        needs: other helpers that it calls.
    """

    text: str
    needs: tuple[str, ...] = ()


def choose_helpers(names: Iterable[str]) -> list[Helper]:
    """Return the helpers that are needed, each after those that it calls.

    Args:
        names: of the C functions that the program calls; those of the library are left out.
    """
    wanted = {name for name in names if name in HELPERS}
    for name in list(wanted):
        wanted.update(_all_needs(name))
    return [helper for name, helper in HELPERS.items() if name in wanted]


def _all_needs(name: str) -> set[str]:
    """Return the helpers that one calls, directly or not."""
    needs = set(HELPERS[name].needs)
    for other in HELPERS[name].needs:
        needs |= _all_needs(other)
    return needs


SHARED_MACRO = """\
/* Where size matters most, what is used in many places is called, not copied. */
#if defined(__GNUC__) && defined(__OPTIMIZE_SIZE__)
#define SHARED static __attribute__((noinline))
#else
#define SHARED static
#endif"""

_SQUARE_ROOT = """\
/* The library's sqrtf also reports errors, which costs a kilobyte of flash; the processor has an
 * instruction that does not. */
static float square_root(float x)
{
#if defined(__arm__) && defined(__ARM_FP) && (__ARM_FP & 4)
    float root;
    __asm__("vsqrt.f32 %0, %1" : "=t"(root) : "t"(x));
    return root;
#else
    return sqrtf(x);
#endif
}"""

_EXPONENTIAL = """\
/* e^x, relative error at most 8.4e-8; 0 below x = -86.5, where e^x is under 3e-38.
 * Cephes' expf: x = power * ln 2 + rest, a polynomial for e^rest. */
static float exponential(float x)
{
    union { uint32_t bits; float value; } scale;
    if (!(x > -86.5f)) {
        return x < 0.0f ? 0.0f : x;  /* NaN stays NaN */
    }
    if (x > 88.72283f) {
        return INFINITY;
    }
    const float scaled = x * 1.44269504f;
    const int32_t power = (int32_t)(scaled + (scaled < 0.0f ? -0.5f : 0.5f));
    const float whole = (float)power;
    const float rest = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
    float sum = 1.9875691500e-4f;
    sum = sum * rest + 1.3981999507e-3f;
    sum = sum * rest + 8.3334519073e-3f;
    sum = sum * rest + 4.1665795894e-2f;
    sum = sum * rest + 1.6666665459e-1f;
    sum = sum * rest + 5.0000001201e-1f;
    sum = (sum * rest * rest + rest) + 1.0f;
    scale.bits = (uint32_t)(power + 126) << 23;
    return sum * scale.value * 2.0f;
}"""

_TANGENT = """\
/* tanh x, absolute error at most 4.2e-7: the rational approximation of Eigen. */
static float hyperbolic_tangent(float x)
{
    if (x > 7.90531110763549805f) {
        return 1.0f;
    }
    if (x < -7.90531110763549805f) {
        return -1.0f;
    }
    const float square = x * x;
    float above = -2.76076847742355e-16f;
    above = above * square + 2.00018790482477e-13f;
    above = above * square - 8.60467152213735e-11f;
    above = above * square + 5.12229709037114e-08f;
    above = above * square + 1.48572235717979e-05f;
    above = above * square + 6.37261928875436e-04f;
    above = above * square + 4.89352455891786e-03f;
    float below = 1.19825839466702e-06f;
    below = below * square + 1.18534705686654e-04f;
    below = below * square + 2.26843463243900e-03f;
    below = below * square + 4.89352518554385e-03f;
    return x * above / below;
}"""

_DENSE = """\
/* y = x weight^T + bias for each row; weight is (outputs, inputs), bias may be NULL.
 * Two outputs at a time, so that an input is loaded once for two products. */
static void dense(
    float *restrict y, const float *restrict x, const float *restrict weight,
    const float *restrict bias, int rows, int inputs, int outputs)
{
    for (int row = 0; row < rows; ++row) {
        const float *a = weight;
        for (int i = 0; i < outputs; i += 2) {
            const int next = i + 1 < outputs ? i + 1 : i;  /* the last may be alone */
            const float *const b = next > i ? a + inputs : a;
            float sum_a = bias ? bias[i] : 0.0f;
            float sum_b = bias ? bias[next] : 0.0f;
            for (int j = 0; j < inputs; ++j) {
                sum_a += x[j] * a[j];
                sum_b += x[j] * b[j];
            }
            y[next] = sum_b;
            y[i] = sum_a;
            a = b + inputs;
        }
        x += inputs;
        y += outputs;
    }
}"""

_COMBINE = """\
/* y = unit x weight^T for one row, with small whole numbers as weights, (outputs, inputs). */
static void combine(
    float *restrict y, const float *restrict x, const int8_t *restrict weight,
    float unit, int inputs, int outputs)
{
    for (int i = 0; i < outputs; ++i) {
        float sum = 0.0f;
        for (int j = 0; j < inputs; ++j) {
            sum += x[j] * (float)*weight++;
        }
        y[i] = unit * sum;
    }
}"""

_MULTIPLY = """\
/* y = x matrix for each row; the rows of the matrix, (inputs, outputs), are step elements apart. */
static void multiply(
    float *restrict y, const float *restrict x, const float *restrict matrix,
    int rows, int inputs, int outputs, int step)
{
    for (int row = 0; row < rows; ++row) {
        for (int i = 0; i < outputs; ++i) {
            float sum = 0.0f;
            for (int j = 0; j < inputs; ++j) {
                sum += x[j] * matrix[j * step + i];
            }
            *y++ = sum;
        }
        x += inputs;
    }
}"""

_SOFTMAX = """\
/* e^x over its sum for each row; the greatest value is taken off first, so that nothing
 * overflows. */
static void softmax(float *restrict y, const float *restrict x, int rows, int size)
{
    for (int row = 0; row < rows; ++row) {
        float greatest = x[0], total = 0.0f;
        for (int i = 1; i < size; ++i) {
            greatest = maximum(greatest, x[i]);
        }
        for (int i = 0; i < size; ++i) {
            y[i] = exponential(x[i] - greatest);
            total += y[i];
        }
        for (int i = 0; i < size; ++i) {
            y[i] /= total;
        }
        x += size;
        y += size;
    }
}"""

_NORMALISE = """\
/* Zero mean and unit variance for each row, then scale and bias, which may be NULL. */
static void normalise(
    float *restrict y, const float *restrict x, const float *restrict scale,
    const float *restrict bias, int rows, int size, float epsilon)
{
    for (int row = 0; row < rows; ++row) {
        float mean = 0.0f, variance = 0.0f;
        for (int i = 0; i < size; ++i) {
            mean += x[i];
        }
        mean /= (float)size;
        for (int i = 0; i < size; ++i) {
            y[i] = x[i] - mean;
            variance += y[i] * y[i];
        }
        const float inverse = 1.0f / square_root(variance / (float)size + epsilon);
        for (int i = 0; i < size; ++i) {
            y[i] = y[i] * inverse * scale[i] + (bias ? bias[i] : 0.0f);
        }
        x += size;
        y += size;
    }
}"""


def _function(parameters: str, body: str, name: str, type_: str = "float") -> str:
    return f"static {type_} {name}({parameters})\n{{\n    {body}\n}}"


def _shared(parameters: str, body: str, name: str) -> str:
    return _function(parameters, body, name).replace("static", "SHARED", 1)


def _unary(name: str, body: str) -> str:
    return _function("float x", body, name)


# In an order in which each comes after those that it calls.
HELPERS: dict[str, Helper] = {
    "square": Helper(_unary("square", "return x * x;")),
    "cube": Helper(_unary("cube", "return x * x * x;")),
    "square_root": Helper(_SQUARE_ROOT),
    "sign": Helper(_unary("sign", "return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x;")),
    "rectify": Helper(_unary("rectify", "return x < 0.0f ? 0.0f : x;")),
    "leaky": Helper(_function("float x, float slope", "return x < 0.0f ? slope * x : x;", "leaky")),
    "maximum": Helper(_shared("float x, float y", "return x > y || x != x ? x : y;", "maximum")),
    "minimum": Helper(_shared("float x, float y", "return x < y || x != x ? x : y;", "minimum")),
    "clamp": Helper(
        _shared(
            "float x, float lower, float upper",
            "x = x < lower ? lower : x;\n    return x > upper ? upper : x;",
            "clamp",
        )
    ),
    "truncate": Helper(
        _function(
            "float x",
            "if (!(x > -2147483648.0f)) {\n"
            "        return x < 0.0f ? INT32_MIN : 0;  /* NaN becomes 0 */\n"
            "    }\n"
            "    return x < 2147483648.0f ? (int32_t)x : INT32_MAX;",
            "truncate",
            "int32_t",
        )
    ),
    "exponential": Helper(_EXPONENTIAL),
    "hyperbolic_tangent": Helper(_TANGENT),
    "sigmoid": Helper(
        _unary("sigmoid", "return 1.0f / (1.0f + exponential(-x));"), ("exponential",)
    ),
    "exponential_unit": Helper(
        _function(
            "float x, float scale",
            "return x < 0.0f ? scale * (exponential(x) - 1.0f) : x;",
            "exponential_unit",
        ),
        ("exponential",),
    ),
    "softplus": Helper(
        _unary(
            "softplus",
            "return (x > 0.0f ? x : 0.0f) + log1pf(exponential(x > 0.0f ? -x : x));",
        ),
        ("exponential",),
    ),
    "softmax": Helper(_SOFTMAX, ("maximum", "exponential")),
    "normalise": Helper(_NORMALISE, ("square_root",)),
    "combine": Helper(_COMBINE),
    "multiply": Helper(_MULTIPLY),
    "dense": Helper(_DENSE),
}
