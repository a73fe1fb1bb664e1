#include "protocol_operations.hpp"

#include "field/kernel_adx.hpp"
#include "field/kernel_portable.hpp"
#include "vector_poseidon.hpp"

namespace millrace {
namespace {

template <class Kernel>
class KernelProtocolOperations : public ProtocolOperations {
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

#if defined(__x86_64__)
/// Hashes eight at a time; does all else with the scalar kernel.
class VectorProtocolOperations final : public KernelProtocolOperations<AdxKernel> {
 public:
  void poseidon(unsigned inputs, const Limbs* in, size_t count, Limbs* out) const override {
    // Eight cost as much as three would one by one.
    const size_t rest = count % 8 < 3 ? count % 8 : 0, most = count - rest;
    poseidonAvx2(inputs, in, most, out);
    KernelProtocolOperations::poseidon(inputs, in + most * inputs, rest, out + most);
  }
};
#endif

}  // namespace

std::unique_ptr<ProtocolOperations> protocolOperations([[maybe_unused]] const std::string& kernel) {
#if defined(__x86_64__)
  if (kernel == "avx2" || kernel == "ifma") return std::make_unique<VectorProtocolOperations>();
  if (kernel == AdxKernel::name) return std::make_unique<KernelProtocolOperations<AdxKernel>>();
#endif
  return std::make_unique<KernelProtocolOperations<PortableKernel>>();
}

}  // namespace millrace
