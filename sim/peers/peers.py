#!/usr/bin/env python3
"""The same paths as scripts/bench sim, drawn by what Python has: QuantLib, numpy, numba, jax.

One mean-reverting factor with Gaussian jumps, daily steps over three months; prints steps a second by the clock on the wall
and how far the mean price is from the exact one, in standard errors. All step exactly. What isn't installed is left out; a
mean more than four standard errors off is an error.
"""

import math
import sys
import time

KAPPA, SIGMA, INTENSITY, JUMP_MEAN, JUMP_SD, LOG_SPOT = 3.0, 0.6, 4.0, 0.10, 0.25, 0.2
STEPS = 91
DT = 1 / 365.25
DECAY = math.exp(-KAPPA * DT)
SCALE = SIGMA * math.sqrt(-math.expm1(-2 * KAPPA * DT) / (2 * KAPPA))
REPETITIONS = 3


def moment(power, intensity, years=STEPS * DT, panels=4000):
    """E[S^p] = exp(p x a + p^2 sigma^2 (1 - a^2) / (4 kappa) + lambda int_0^T (E[e^{p J e^{-kappa s}}] - 1) ds), the integral by
    Simpson's rule."""
    a = math.exp(-KAPPA * years)

    def jump(s):
        v = power * math.exp(-KAPPA * s)
        return math.expm1(JUMP_MEAN * v + (JUMP_SD * v) ** 2 / 2)

    h = years / panels
    weight = [1 if i in (0, panels) else 4 if i % 2 else 2 for i in range(panels + 1)]
    integral = h / 3 * sum(w * jump(i * h) for i, w in enumerate(weight))
    diffusion = (power * SIGMA) ** 2 * (1 - a * a) / (4 * KAPPA)
    return math.exp(power * LOG_SPOT * a + diffusion + intensity * integral)


def with_numpy(paths):
    import numpy as np

    rng = np.random.Generator(np.random.SFC64(1))
    x = np.full(paths, LOG_SPOT)
    z = np.empty(paths)
    for _ in range(STEPS):
        rng.standard_normal(out=z)
        x *= DECAY
        z *= SCALE
        x += z
        # Uniform times within the step for as many jumps as all paths together have.
        jumps = rng.poisson(INTENSITY * DT * paths)
        left = np.exp(-KAPPA * DT * rng.random(jumps)) * rng.normal(JUMP_MEAN, JUMP_SD, jumps)
        np.add.at(x, rng.integers(0, paths, jumps), left)
    return np.exp(x).mean()


def with_numba(paths):
    import numba
    import numpy as np

    if "loop" not in _compiled:

        @numba.njit(parallel=True, fastmath=True)
        def loop(paths):
            total = 0.0
            for path in numba.prange(paths):
                x = LOG_SPOT
                until = np.random.exponential(1 / INTENSITY)
                for step in range(STEPS):
                    x = x * DECAY + SCALE * np.random.standard_normal()
                    while until < DT:
                        x += math.exp(-KAPPA * (DT - until)) * np.random.normal(JUMP_MEAN, JUMP_SD)
                        until += np.random.exponential(1 / INTENSITY)
                    until -= DT
                total += math.exp(x)
            return total / paths

        loop(1000)
        _compiled["loop"] = loop
    return _compiled["loop"](paths)


def with_jax(paths):
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    if "scan" not in _compiled:

        def run(key):
            def step(carry, key):
                x, = carry
                normal, count, size, moment = jax.random.split(key, 4)
                x = x * DECAY + SCALE * jax.random.normal(normal, (paths,))
                n = jax.random.poisson(count, INTENSITY * DT, (paths,))
                # A second jump of one day and path is put at the moment of the first: one day in a hundred and seventy thousand.
                left = jnp.exp(-KAPPA * DT * jax.random.uniform(moment, (paths,)))
                z = jax.random.normal(size, (paths,))
                return (x + left * (n * JUMP_MEAN + jnp.sqrt(n) * JUMP_SD * z),), None

            (x,), _ = jax.lax.scan(step, (jnp.full(paths, LOG_SPOT),), jax.random.split(key, STEPS))
            return jnp.exp(x).mean()

        _compiled["scan"] = jax.jit(run)
        _compiled["scan"](jax.random.key(0)).block_until_ready()
    return float(_compiled["scan"](jax.random.key(1)))


def with_quantlib(paths):
    import QuantLib as ql

    # The Ornstein-Uhlenbeck factor alone, exact: its process with jumps takes at most one a step and lets none decay in it.
    process = ql.OrnsteinUhlenbeckProcess(KAPPA, SIGMA, LOG_SPOT, 0.0)
    uniform = ql.UniformRandomSequenceGenerator(STEPS, ql.UniformRandomGenerator(1))
    generator = ql.GaussianPathGenerator(process, STEPS * DT, STEPS, ql.GaussianRandomSequenceGenerator(uniform), False)
    return sum(math.exp(generator.next().value().back()) for _ in range(paths)) / paths


_compiled = {}

PEERS = [
    ("numpy", with_numpy, 1 << 18, INTENSITY),
    ("numba, all cores", with_numba, 1 << 18, INTENSITY),
    ("jax, all cores", with_jax, 1 << 18, INTENSITY),
    ("QuantLib, without jumps", with_quantlib, 1 << 13, 0.0),
]


def main():
    wrong = []
    for name, draw, paths, intensity in PEERS:
        try:
            mean = draw(paths)
        except ImportError as error:
            print(f"{name:24} left out: {error}")
            continue
        exact = moment(1, intensity)
        error = math.sqrt((moment(2, intensity) - exact**2) / paths)
        off = (mean - exact) / error
        if abs(off) > 4:
            wrong.append(name)
        best = math.inf
        for _ in range(REPETITIONS):
            start = time.perf_counter()
            draw(paths)
            best = min(best, time.perf_counter() - start)
        rate = paths * STEPS / best / 1e6
        print(f"{name:24} {rate:8.1f} M steps/s   mean price {mean:.6f}, exact {exact:.6f}, off by {off:+.2f} standard errors")
    if wrong:
        sys.exit(f"the mean price is wrong: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
