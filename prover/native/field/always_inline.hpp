// For the innermost functions of the vector kernels: a call would move their operands,
// several vectors each, through memory.
#pragma once

#define MILLRACE_INLINE __attribute__((always_inline)) inline
