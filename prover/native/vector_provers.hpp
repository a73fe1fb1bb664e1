// Provers whose code needs instructions that not every machine has. Each is compiled
// in a file of its own with these instructions allowed (build.mjs), and called only
// where they are there.
//
// What such a file shares with others, templates of the standard library for
// example, must not be taken from it by the linker: addon.cc, compiled for every
// machine, is first in the link, and the first definition wins.
#pragma once

#include <memory>
#include <string>

#include "groth16/prover.hpp"

namespace millrace {

#if defined(__x86_64__)
/// AVX-512 with IFMA, and what AdxKernel needs.
std::unique_ptr<Prover> openIfmaProver(const std::string& zkey, unsigned threads);

/// AVX2 with FMA, and what AdxKernel needs.
std::unique_ptr<Prover> openAvx2Prover(const std::string& zkey, unsigned threads);
#endif

}  // namespace millrace
