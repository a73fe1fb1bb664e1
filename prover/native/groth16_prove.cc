// The prover as a program, for who proves once: opens a key, makes one proof and writes
// snarkjs's proof.json and public.json, without Node around it.
//
//   groth16-prove ZKEY WTNS PROOF PUBLIC [COMMAND...]
//
// COMMAND takes this process over when there is no proof to be had here, for whatever
// reason: the launcher names the same command in Node, which explains every failure.
// Without it, one line on stderr, and the exit codes of `millrace`: 2 for a bad
// file, 3 for a key that lets anyone forge, 1 for all else.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>

#include "kernels.hpp"

namespace millrace {
namespace {

/// 32 bytes, little endian, as a decimal number.
std::string decimal(const uint8_t* bytes) {
  constexpr uint32_t base = 1'000'000'000;
  constexpr unsigned digits = 9;
  uint32_t words[8];
  std::memcpy(words, bytes, sizeof words);
  std::string text;
  for (bool isZero = false; !isZero;) {
    uint64_t rest = 0;
    isZero = true;
    for (size_t i = 8; i-- > 0;) {
      rest = rest << 32 | words[i];
      words[i] = static_cast<uint32_t>(rest / base);
      rest %= base;
      isZero &= words[i] == 0;
    }
    std::string group = std::to_string(rest);
    if (!isZero) group.insert(0, digits - group.size(), '0');
    text.insert(0, group);
  }
  return text;
}

/// JSON as snarkjs writes it: an item a line, indented by its depth. `open` and `close` are brackets.
std::string json(const std::vector<std::string>& items, unsigned depth, char open, char close) {
  const std::string line = "\n" + std::string(depth, ' ');
  std::string text(1, open);
  for (const std::string& item : items) text += (text.size() > 1 ? "," : "") + line + " " + item;
  return text + (items.empty() ? "" : line) + close;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

/// A point of G1 in homogeneous coordinates: (x, y, 1), or (0, 1, 0) at infinity. So is one of G2, each as a pair.
std::string g1Json(const uint8_t* point) {
  const std::string x = decimal(point), y = decimal(point + 32);
  const bool isInfinity = x == "0" && y == "0";
  return json({quoted(x), quoted(isInfinity ? "1" : y), quoted(isInfinity ? "0" : "1")}, 1, '[', ']');
}

std::string g2Json(const uint8_t* point) {
  const auto pair = [](const std::string& real, const std::string& imaginary) {
    return json({quoted(real), quoted(imaginary)}, 2, '[', ']');
  };
  std::string part[4];
  bool isInfinity = true;
  for (size_t i = 0; i < 4; i++) {
    part[i] = decimal(point + 32 * i);
    isInfinity &= part[i] == "0";
  }
  const std::string y = isInfinity ? pair("1", "0") : pair(part[2], part[3]);
  return json({pair(part[0], part[1]), y, pair(isInfinity ? "0" : "1", "0")}, 1, '[', ']');
}

std::string proofJson(const uint8_t* proof) {
  return json({"\"pi_a\": " + g1Json(proof), "\"pi_b\": " + g2Json(proof + 64), "\"pi_c\": " + g1Json(proof + 192),
               "\"protocol\": \"groth16\"", "\"curve\": \"bn128\""},
              0, '{', '}');
}

std::string signalsJson(const std::vector<uint8_t>& signals) {
  std::vector<std::string> items;
  for (size_t at = 0; at < signals.size(); at += 32) items.push_back(quoted(decimal(signals.data() + at)));
  return json(items, 0, '[', ']');
}

void writeFile(const char* path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << '\n';
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category(), path);
}

void proveFiles(const char* zkey, const char* wtns, const char* proofFile, const char* publicFile) {
  const std::unique_ptr<Operations> operations = selectOperations();
  if (!operations) throw std::invalid_argument("MILLRACE_KERNEL names a kernel that is unknown or does not run on this processor");
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  const MappedFile witness(wtns);
  const std::unique_ptr<Prover> prover = operations->openProver(zkey, threads);
  ProofMonitor monitor(std::make_shared<CancelFlag>(false), [](ProofStage, size_t, size_t) {});
  std::vector<uint8_t> proof(proofBytes), signals(32 * size_t{prover->publicWires()});
  prover->prove({witness.data(), witness.size()}, threads, monitor, proof.data(), signals.data());
  writeFile(proofFile, proofJson(proof.data()));
  writeFile(publicFile, signalsJson(signals));
}

/// Ends in `command` if there is one, else says what was wrong and gives the exit code.
int fail(char** command, const char* code, const char* message, int exitCode) {
  if (*command != nullptr) execv(*command, command);
  std::cerr << "groth16-prove: " << message << " [" << code << "]\n";
  return exitCode;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  constexpr int internal = 1, input = 2, refused = 3, operands = 4;
  if (argc <= operands) {
    std::cerr << "groth16-prove ZKEY WTNS PROOF PUBLIC [COMMAND...]\n";
    return input;
  }
  char** command = argv + 1 + operands;
  try {
    millrace::proveFiles(argv[1], argv[2], argv[3], argv[4]);
    return 0;
  } catch (const millrace::InputError& error) {
    const bool isForgeable = std::strcmp(error.code(), "forgeable-key") == 0;
    const std::string file = std::strcmp(error.code(), millrace::badZkey) == 0 || isForgeable ? "the proving key " : "the witness ";
    return millrace::fail(command, error.code(), (file + error.what()).c_str(), isForgeable ? refused : input);
  } catch (const std::system_error& error) {
    return millrace::fail(command, "io", error.what(), input);
  } catch (const std::exception& error) {
    return millrace::fail(command, "prover-failed", error.what(), internal);
  }
}
