// Proofs from several threads at once over one opened key and over two of the same file,
// some of them cancelled: for the thread sanitizer, for other processors, for anything
// that runs without Node.
//
// concurrent_proofs KEY WITNESS ROUNDS: prints the last proof and its public signals,
// each as hexadecimal bytes in the layout of Prover::prove.
#include <cstdio>
#include <thread>

#include "provers.hpp"

namespace millrace {
namespace {

struct Made {
  std::vector<uint8_t> proof, publicSignals;
};

Made prove(const Prover& prover, const Section& wtns, unsigned threads) {
  Made made{std::vector<uint8_t>(proofBytes), std::vector<uint8_t>(32 * size_t{prover.publicWires()})};
  ProofMonitor monitor = silentMonitor();
  prover.prove(wtns, threads, monitor, made.proof.data(), made.publicSignals.data());
  return made;
}

/// Cancels itself from another thread's report once the points are being summed.
void proveAndCancel(const Prover& prover, const Section& wtns) {
  const auto flag = std::make_shared<CancelFlag>(false);
  ProofMonitor monitor(flag, [flag](ProofStage stage, size_t, size_t) {
    if (stage == ProofStage::points) flag->store(true);
  });
  uint8_t proof[proofBytes];
  std::vector<uint8_t> publicSignals(32 * size_t{prover.publicWires()});
  try {
    prover.prove(wtns, 2, monitor, proof, publicSignals.data());
  } catch (const Cancelled&) {
    return;
  }
  std::fputs("a cancelled proof was made all the same\n", stderr);
  std::exit(1);
}

void print(const std::vector<uint8_t>& bytes) {
  for (const uint8_t byte : bytes) std::printf("%02x", byte);
  std::printf("\n");
}

Made run(const char* key, const char* witness, int rounds) {
  const MappedFile file(witness);
  const Section wtns{file.data(), file.size()};
  const auto first = openProver(key, 2), second = openProver(key, 2);
  Made last;
  for (int round = 0; round < rounds; round++) {
    std::thread other([&] { prove(*first, wtns, 2); });
    std::thread another([&] { prove(*second, wtns, 1); });
    std::thread cancelled([&] { proveAndCancel(*first, wtns); });
    last = prove(*first, wtns, 2);
    other.join();
    another.join();
    cancelled.join();
  }
  return last;
}

}  // namespace
}  // namespace millrace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const auto made = millrace::run(arguments[1], arguments[2], std::atoi(arguments[3]));
  millrace::print(made.proof);
  millrace::print(made.publicSignals);
  return 0;
}
