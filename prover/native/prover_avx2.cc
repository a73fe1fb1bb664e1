#if defined(__x86_64__)

#include "field/avx2_lanes.hpp"
#include "field/kernel_adx.hpp"
#include "vector_provers.hpp"

namespace millrace {

std::unique_ptr<Prover> openAvx2Prover(const std::string& zkey, unsigned threads) {
  return std::make_unique<KernelProver<AdxKernel, Avx2LaneFamily>>(zkey, threads);
}

}  // namespace millrace

#endif
