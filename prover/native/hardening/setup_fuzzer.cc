// A fuzzer's target: any constraint section gives a key's scalars or an InputError.
// Input: wires, public wires, constraints, domain power (a byte each, brought into the
// range that the caller of Qap ensures), then the section.
#include "../groth16/qap.hpp"
#include "provers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace millrace;
  constexpr size_t head = 4;
  if (size < head) return 0;
  const MemoryFile r1cs(data + head, size - head), coefficients(nullptr, 0);
  CircuitLayout layout{};
  layout.r1csPath = r1cs.path();
  layout.constraintsBytes = size - head;
  layout.wires = 1 + data[0] % 64u;
  layout.publicWires = data[1] % layout.wires;
  layout.constraints = data[2];
  layout.domainPower = 1 + data[3] % 10u;
  while (uint64_t{1} << layout.domainPower < uint64_t{layout.constraints} + layout.publicWires + 1) layout.domainPower++;

  uint8_t secret[4][32] = {{2}, {3}, {5}, {7}};
  const SetupSecrets secrets{secret[0], secret[1], secret[2], secret[3]};
  const size_t domain = size_t{1} << layout.domainPower, privateWires = layout.wires - layout.publicWires - 1;
  const auto scalars = [](size_t count) { return std::vector<uint8_t>(32 * count); };
  auto a = scalars(layout.wires), b = a, combined = a, l = scalars(privateWires), h = scalars(domain), vanishing = h;
  try {
    Qap<PortableKernel> qap(layout, secrets);
    qap.readConstraints(coefficients.descriptor(), 0);
    qap.store({a.data(), b.data(), combined.data(), l.data(), h.data(), vanishing.data()});
  } catch (const InputError&) {
    // What a section deserves that is malformed.
  }
  return 0;
}
