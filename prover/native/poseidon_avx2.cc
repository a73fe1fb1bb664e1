#if defined(__x86_64__)

#include "poseidon/avx2_arithmetic.hpp"
#include "poseidon/permutation.hpp"
#include "vector_poseidon.hpp"

namespace millrace {

void poseidonAvx2(unsigned inputs, const Limbs* in, size_t count, Limbs* out) {
  using Arithmetic = Avx2PoseidonArithmetic;
  constexpr size_t width = Arithmetic::Value::width;
  const Avx2LaneFamily::Environment environment;
  const PoseidonPermutation<Arithmetic> permutation(inputs + 1);
  for (size_t first = 0; first < count; first += width) {
    Arithmetic::Value values[maxPoseidonInputs];
    for (unsigned i = 0; i < inputs; i++) {
      values[i] = Arithmetic::enter([&](size_t lane) {
        // The last group may be short: its first hash fills it up.
        return in + (first + lane < count ? first + lane : first) * inputs + i;
      });
    }
    Limbs hashes[width];
    Arithmetic::leave(permutation.hash(values), hashes);
    for (size_t lane = 0; lane < width && first + lane < count; lane++) out[first + lane] = hashes[lane];
  }
}

}  // namespace millrace

#endif
