// Poseidon with instructions that not every machine has, compiled in a file of its own and
// called only where they are there; see vector_provers.hpp.
#pragma once

#include <cstddef>

#include "field/limbs.hpp"

namespace millrace {

#if defined(__x86_64__)
/// `count` hashes, eight at a time, as ProtocolOperations::poseidon. Needs AVX2, FMA, and what AdxKernel needs.
void poseidonAvx2(unsigned inputs, const Limbs* in, size_t count, Limbs* out);
#endif

}  // namespace millrace
