#include "protocol_operations.hpp"

#include "field/kernel_adx.hpp"
#include "field/kernel_portable.hpp"

namespace millrace {
namespace {

template <class Kernel>
class KernelProtocolOperations final : public ProtocolOperations {
 public:
  void poseidon(unsigned inputs, const Limbs* in, size_t count, Limbs* out) const override {
    using Arithmetic = ScalarPoseidonArithmetic<Kernel>;
    using Field = typename Arithmetic::Field;
    const PoseidonPermutation<Arithmetic> permutation(inputs + 1);
    for (size_t i = 0; i < count; i++) {
      Field values[maxPoseidonInputs];
      for (unsigned j = 0; j < inputs; j++) values[j] = Field::fromLimbs(in[i * inputs + j]);
      out[i] = permutation.hash(values).toLimbs();
    }
  }

  bool verifySignature(const SignatureClaim& claim) const override {
    static const EddsaVerifier<Kernel> verify;
    return verify(claim);
  }
};

}  // namespace

std::unique_ptr<ProtocolOperations> protocolOperations(const std::string& kernel) {
#if defined(__x86_64__)
  if (kernel != PortableKernel::name) return std::make_unique<KernelProtocolOperations<AdxKernel>>();
#endif
  return std::make_unique<KernelProtocolOperations<PortableKernel>>();
}

}  // namespace millrace
