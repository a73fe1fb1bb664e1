// The Node-API face of the witness calculator. Types and preconditions: addon.ts.
#pragma once

#include "bytes.hpp"
#include "handles.hpp"
#include "kernels.hpp"
#include "promise_worker.hpp"

namespace millrace {

using HeldCalculator = std::shared_ptr<const WitnessCalculator>;

/// openWitnessProgram(program): Promise<{ calculator, inputs }>
inline Napi::Value openWitnessProgram(const Operations& operations, const Napi::CallbackInfo& info) {
  const Bytes program = Bytes::from(info[0]);
  auto* calculator = new HeldCalculator();
  const auto result = Napi::Object::New(info.Env());
  result.Set("calculator", hold(info.Env(), calculator));
  const uint8_t* data = program.data;
  const size_t size = program.size;
  return (new PromiseWorker(result, [=, &operations] { *calculator = operations.openWitnessProgram(data, size); }))
      ->holding(program.array)
      ->finishing([=](Napi::Object value) { value.Set("inputs", static_cast<double>((*calculator)->inputs())); })
      ->start();
}

/// calculateWitness(calculator, inputs): Promise<wtns>
inline Napi::Value calculateWitness(const Napi::CallbackInfo& info) {
  const HeldCalculator calculator = held<HeldCalculator>(info[0]);
  if (!calculator) throw Napi::Error::New(info.Env(), "the calculator is not open yet");
  const Bytes inputs = Bytes::from(info[1], 32);
  if (inputs.size != 32 * calculator->inputs()) throw Napi::RangeError::New(info.Env(), "wrong number of inputs");
  const Bytes wtns = Bytes::allocate(info.Env(), calculator->wtnsBytes());
  const uint8_t* in = inputs.data;
  uint8_t* out = wtns.data;
  return (new PromiseWorker(wtns.array, [=] { calculator->calculate(in, out); }))->holding(inputs.array)->start();
}

inline void exportWitnessCalls(Napi::Env env, Napi::Object exports, const Operations& operations) {
  const auto open = [&operations](const Napi::CallbackInfo& info) { return openWitnessProgram(operations, info); };
  exports.Set("openWitnessProgram", Napi::Function::New(env, open));
  exports.Set("calculateWitness", Napi::Function::New(env, calculateWitness));
}

}  // namespace millrace
