// The calls are synchronous, because what they compute is wanted at once; many hashes or
// checks are spread over threads.
#include "protocol_calls.hpp"

#include <vector>

#include "numbers.hpp"
#include "protocol_operations.hpp"
#include "system/parallel.hpp"

namespace millrace {
namespace {

const ProtocolOperations* operations = nullptr;

/// From this many on, the start of a thread (some 50 us) is small beside its work.
constexpr size_t hashesPerThread = 16, checksPerThread = 4;

Limbs readElement(const Napi::Value& value) {
  const Limbs limbs = readLimbs(value);
  if (!less(limbs, ScalarPrime::modulus.p)) throw Napi::RangeError::New(value.Env(), "a field element is wanted");
  return limbs;
}

unsigned threadsFor(size_t count, size_t perThread) {
  return static_cast<unsigned>(std::min<size_t>(std::max(1u, std::thread::hardware_concurrency()), count / perThread + 1));
}

/// poseidon(inputs): bigint
Napi::Value poseidon(const Napi::CallbackInfo& info) {
  const Napi::Array inputs = readArray(info[0]);
  const uint32_t count = inputs.Length();
  if (count < 1 || count > maxPoseidonInputs) throw Napi::RangeError::New(info.Env(), "1 to 16 inputs are wanted");
  Limbs values[maxPoseidonInputs], hash;
  for (uint32_t i = 0; i < count; i++) values[i] = readElement(inputs[i]);
  operations->poseidon(count, values, 1, &hash);
  return Napi::BigInt::New(info.Env(), 0, hash.size(), hash.data());
}

/// poseidonMany(inputs each, inputs): bigint[]
Napi::Value poseidonMany(const Napi::CallbackInfo& info) {
  const uint32_t each = info[0].ToNumber().Uint32Value();
  const Napi::Array inputs = readArray(info[1]);
  if (each < 1 || each > maxPoseidonInputs || inputs.Length() % each != 0) {
    throw Napi::RangeError::New(info.Env(), "1 to 16 inputs for each hash are wanted");
  }
  const size_t count = inputs.Length() / each;
  std::vector<Limbs> values(inputs.Length()), hashes(count);
  for (uint32_t i = 0; i < values.size(); i++) values[i] = readElement(inputs[i]);
  parallelBlocks(threadsFor(count, hashesPerThread), count, hashesPerThread, [&](size_t begin, size_t end) {
    operations->poseidon(each, values.data() + begin * each, end - begin, hashes.data() + begin);
  });
  const Napi::Array result = Napi::Array::New(info.Env(), count);
  for (uint32_t i = 0; i < count; i++) result.Set(i, Napi::BigInt::New(info.Env(), 0, hashes[i].size(), hashes[i].data()));
  return result;
}

/// verifySignatures(claims): boolean[]
Napi::Value verifySignatures(const Napi::CallbackInfo& info) {
  constexpr uint32_t each = 6;
  const Napi::Array numbers = readArray(info[0]);
  if (numbers.Length() % each != 0) throw Napi::RangeError::New(info.Env(), "six numbers for each signature are wanted");
  const size_t count = numbers.Length() / each;
  std::vector<SignatureClaim> claims(count);
  for (uint32_t i = 0; i < count; i++) {
    const auto number = [&](uint32_t j) { return readLimbs(numbers[each * i + j]); };
    claims[i] = {number(0), number(1), number(2), number(3), number(4), number(5)};
  }
  std::vector<uint8_t> holds(count);
  parallelBlocks(threadsFor(count, checksPerThread), count, checksPerThread, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) holds[i] = operations->verifySignature(claims[i]);
  });
  const Napi::Array result = Napi::Array::New(info.Env(), count);
  for (uint32_t i = 0; i < count; i++) result.Set(i, Napi::Boolean::New(info.Env(), holds[i] != 0));
  return result;
}

}  // namespace

void exportProtocolCalls(Napi::Env env, Napi::Object exports, const char* kernel) {
  static const std::unique_ptr<ProtocolOperations> selected = protocolOperations(kernel);
  operations = selected.get();
  exports.Set("poseidon", Napi::Function::New(env, poseidon));
  exports.Set("poseidonMany", Napi::Function::New(env, poseidonMany));
  exports.Set("verifySignatures", Napi::Function::New(env, verifySignatures));
}

}  // namespace millrace
