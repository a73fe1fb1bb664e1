#include "verifier_calls.hpp"

#include <string>

#include "field/kernel_adx.hpp"
#include "field/kernel_portable.hpp"
#include "groth16/verifier.hpp"
#include "numbers.hpp"
#include "promise_worker.hpp"

namespace millrace {
namespace {

using Verify = std::vector<bool> (*)(const Numbers& key, const std::vector<Numbers>& claims);

template <class Kernel>
std::vector<bool> verify(const Numbers& key, const std::vector<Numbers>& claims) {
  return Groth16Verifier<Kernel>(key).verify(claims);
}

Verify verifyWithKernel = nullptr;

Numbers readNumbers(const Napi::Value& value) {
  const Napi::Array array = readArray(value);
  Numbers numbers;
  for (uint32_t i = 0; i < array.Length(); i++) numbers.push_back(readLimbs(array[i]));
  return numbers;
}

/// verifyProofs(key, claims): Promise<boolean[]>
Napi::Value verifyProofs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto key = std::make_shared<const Numbers>(readNumbers(info[0]));
  const Napi::Array given = readArray(info[1]);
  const auto claims = std::make_shared<std::vector<Numbers>>();
  for (uint32_t i = 0; i < given.Length(); i++) claims->push_back(readNumbers(given[i]));
  const auto holds = std::make_shared<std::vector<bool>>();
  const Napi::Array result = Napi::Array::New(env, claims->size());
  return (new PromiseWorker(result, [=] { *holds = verifyWithKernel(*key, *claims); }))
      ->finishing([=](Napi::Object value) {
        for (uint32_t i = 0; i < holds->size(); i++) value.Set(i, static_cast<bool>((*holds)[i]));
      })
      ->start();
}

}  // namespace

void exportVerifierCalls(Napi::Env env, Napi::Object exports, [[maybe_unused]] const char* kernel) {
  verifyWithKernel = verify<PortableKernel>;
#if defined(__x86_64__)
  if (std::string(kernel) != PortableKernel::name) verifyWithKernel = verify<AdxKernel>;
#endif
  exports.Set("verifyProofs", Napi::Function::New(env, verifyProofs));
}

}  // namespace millrace
