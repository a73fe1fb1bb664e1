// The Node-API face of the native code. Every call does its work off the event
// loop and answers with a promise; results are written straight into buffers that
// were allocated here. Types and preconditions: addon.ts, which is the only caller.
#include "bytes.hpp"
#include "kernels.hpp"
#include "promise_worker.hpp"
#include "protocol_calls.hpp"
#include "prover_calls.hpp"
#include "verifier_calls.hpp"

namespace millrace {
namespace {

Group readGroup(const Napi::Value& value) {
  const uint32_t number = value.ToNumber().Uint32Value();
  if (number != 1 && number != 2) throw Napi::RangeError::New(value.Env(), "group is 1 or 2");
  return number == 1 ? Group::g1 : Group::g2;
}

const Operations* operations = nullptr;

using Table = std::shared_ptr<const FixedBase>;

/// fixedBase(group, expectedScalars): Promise<table>
Napi::Value fixedBase(const Napi::CallbackInfo& info) {
  const Group group = readGroup(info[0]);
  const auto expected = static_cast<size_t>(info[1].ToNumber().Int64Value());
  auto* table = new Table();
  const auto external = Napi::External<Table>::New(info.Env(), table, [](Napi::Env, Table* held) { delete held; });
  return (new PromiseWorker(external.As<Napi::Object>(), [=] { *table = operations->fixedBase(group, expected); }))->start();
}

/// multiply(table, scalars, threads): Promise<points>
Napi::Value multiply(const Napi::CallbackInfo& info) {
  if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "a table is wanted");
  const Table table = *info[0].As<Napi::External<Table>>().Data();
  const Bytes scalars = Bytes::from(info[1], 32);
  const unsigned threads = info[2].ToNumber().Uint32Value();
  const size_t count = scalars.size / 32;
  const Bytes points = Bytes::allocate(info.Env(), count * table->pointBytes());
  const uint8_t* in = scalars.data;
  uint8_t* out = points.data;
  return (new PromiseWorker(points.array, [=] { table->multiply(in, count, out, threads); }))->holding(scalars.array)->start();
}

/// toBigEndian(group, points): Promise<points>
Napi::Value toBigEndian(const Napi::CallbackInfo& info) {
  const Group group = readGroup(info[0]);
  const size_t record = group == Group::g1 ? 64 : 128;
  const Bytes points = Bytes::from(info[1], record);
  const Bytes converted = Bytes::allocate(info.Env(), points.size);
  const uint8_t* in = points.data;
  uint8_t* out = converted.data;
  const size_t count = points.size / record;
  return (new PromiseWorker(converted.array, [=] { operations->toBigEndian(group, in, count, out); }))
      ->holding(points.array)
      ->start();
}

/// evaluateQap(layout, secrets, fd, position): Promise<scalars and coefficientBytes>
Napi::Value evaluateQap(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto given = info[0].As<Napi::Object>();
  const auto integer = [&](const char* key) { return given.Get(key).ToNumber().Int64Value(); };
  CircuitLayout layout{};
  layout.r1csPath = given.Get("r1csPath").ToString().Utf8Value();
  layout.constraintsOffset = static_cast<uint64_t>(integer("constraintsOffset"));
  layout.constraintsBytes = static_cast<uint64_t>(integer("constraintsBytes"));
  layout.wires = static_cast<uint32_t>(integer("wires"));
  layout.publicWires = static_cast<uint32_t>(integer("publicWires"));
  layout.constraints = static_cast<uint32_t>(integer("constraints"));
  layout.domainPower = static_cast<uint32_t>(integer("domainPower"));
  const uint64_t rows = uint64_t{layout.constraints} + layout.publicWires + 1;
  if (layout.domainPower > 27 || rows > uint64_t{1} << layout.domainPower || layout.publicWires >= layout.wires) {
    throw Napi::RangeError::New(env, "the circuit's sizes contradict each other");
  }
  const auto result = Napi::Object::New(env);
  const auto output = [&](const char* key, size_t scalars) {
    const Bytes bytes = Bytes::allocate(env, 32 * scalars);
    result.Set(key, bytes.array);
    return bytes.data;
  };
  const size_t wires = layout.wires, domain = size_t{1} << layout.domainPower;
  QapScalars out{};
  out.a = output("a", wires);
  out.b = output("b", wires);
  out.combined = output("combined", wires);
  out.l = output("l", wires - layout.publicWires - 1);
  out.h = output("h", domain);
  out.vanishing = output("vanishing", domain);

  const auto secretsGiven = info[1].As<Napi::Object>();
  const auto secret = [&](const char* key) {
    const Bytes bytes = Bytes::from(secretsGiven.Get(key));
    if (bytes.size != 32) throw Napi::RangeError::New(env, "a secret is 32 bytes");
    return bytes.data;
  };
  const SetupSecrets secrets{secret("tau"), secret("alpha"), secret("beta"), secret("delta")};
  const int fd = info[2].ToNumber().Int32Value();
  const auto position = static_cast<uint64_t>(info[3].ToNumber().Int64Value());
  const auto coefficientBytes = std::make_shared<uint64_t>(0);
  const auto work = [=] { *coefficientBytes = operations->evaluateQap(layout, secrets, out, fd, position); };
  return (new PromiseWorker(result, work))
      ->holding(secretsGiven)
      ->finishing([=](Napi::Object value) { value.Set("coefficientBytes", static_cast<double>(*coefficientBytes)); })
      ->start();
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  static const std::unique_ptr<Operations> selected = selectOperations();
  if (!selected) {
    throw Napi::Error::New(env, "MILLRACE_KERNEL names a kernel that is unknown or does not run on this processor");
  }
  operations = selected.get();
  exports.Set("kernel", operations->kernel());
  exports.Set("fixedBase", Napi::Function::New(env, fixedBase));
  exports.Set("multiply", Napi::Function::New(env, multiply));
  exports.Set("toBigEndian", Napi::Function::New(env, toBigEndian));
  exports.Set("evaluateQap", Napi::Function::New(env, evaluateQap));
  exports.Set("openProver", Napi::Function::New(env, [](const Napi::CallbackInfo& info) { return openProver(*operations, info); }));
  exports.Set("closeProver", Napi::Function::New(env, closeProver));
  exports.Set("cancelFlag", Napi::Function::New(env, cancelFlag));
  exports.Set("cancel", Napi::Function::New(env, cancel));
  exports.Set("prove", Napi::Function::New(env, prove));
  exportProtocolCalls(env, exports, operations->kernel());
  exportVerifierCalls(env, exports, operations->kernel());
  return exports;
}

}  // namespace
}  // namespace millrace

static Napi::Object initializeAddon(Napi::Env env, Napi::Object exports) { return millrace::initialize(env, exports); }
NODE_API_MODULE(millrace, initializeAddon)
