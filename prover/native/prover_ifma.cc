#if defined(__x86_64__)

#include "field/ifma_lanes.hpp"
#include "field/kernel_adx.hpp"
#include "vector_provers.hpp"

namespace millrace {

std::unique_ptr<Prover> openIfmaProver(const std::string& zkey, unsigned threads) {
  return std::make_unique<KernelProver<AdxKernel, IfmaLaneFamily>>(zkey, threads);
}

}  // namespace millrace

#endif
