#include "field/kernel_portable.hpp"
#include "kernel_operations.hpp"

namespace millrace {

std::unique_ptr<Operations> portableOperations() { return std::make_unique<KernelOperations<PortableKernel>>(); }

}  // namespace millrace
