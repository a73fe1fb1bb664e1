#if defined(__x86_64__)

#include "field/kernel_adx.hpp"
#include "kernel_operations.hpp"

namespace millrace {
namespace {

class VectorOperations final : public KernelOperations<AdxKernel> {
 public:
  VectorOperations(const char* name, OpenProver open) : name_(name), open_(open) {}

  const char* kernel() const override { return name_; }
  std::unique_ptr<Prover> openProver(const std::string& zkey, unsigned threads) const override { return open_(zkey, threads); }

 private:
  const char* name_;
  OpenProver open_;
};

}  // namespace

std::unique_ptr<Operations> adxOperations() { return std::make_unique<KernelOperations<AdxKernel>>(); }

std::unique_ptr<Operations> vectorOperations(const char* kernel, OpenProver open) {
  return std::make_unique<VectorOperations>(kernel, open);
}

}  // namespace millrace

#endif
