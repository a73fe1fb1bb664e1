// The Node-API face of the prover. Types and preconditions: addon.ts.
#pragma once

#include "bytes.hpp"
#include "handles.hpp"
#include "kernels.hpp"
#include "promise_worker.hpp"

namespace millrace {

/// A prover as JavaScript holds it. Closing drops the pointer; proofs in work keep theirs until they end.
using HeldProver = std::shared_ptr<const Prover>;
using HeldFlag = std::shared_ptr<CancelFlag>;

inline unsigned readThreads(const Napi::Value& value) {
  const uint32_t threads = value.ToNumber().Uint32Value();
  if (threads == 0 || threads > 1024) throw Napi::RangeError::New(value.Env(), "threads are 1 to 1024");
  return threads;
}

/// openProver(path, threads): Promise<{ prover, publicSignals }>
inline Napi::Value openProver(const Operations& operations, const Napi::CallbackInfo& info) {
  const std::string path = info[0].ToString().Utf8Value();
  const unsigned threads = readThreads(info[1]);
  auto* prover = new HeldProver();
  const auto result = Napi::Object::New(info.Env());
  result.Set("prover", hold(info.Env(), prover));
  return (new PromiseWorker(result, [=, &operations] { *prover = operations.openProver(path, threads); }))
      ->finishing([=](Napi::Object value) { value.Set("publicSignals", (*prover)->publicWires()); })
      ->start();
}

/// closeProver(prover): void
inline void closeProver(const Napi::CallbackInfo& info) { held<HeldProver>(info[0]).reset(); }

/// cancelFlag(): flag
inline Napi::Value cancelFlag(const Napi::CallbackInfo& info) {
  return hold(info.Env(), new HeldFlag(std::make_shared<CancelFlag>(false)));
}

/// cancel(flag): void
inline void cancel(const Napi::CallbackInfo& info) { held<HeldFlag>(info[0])->store(true); }

/// prove(prover, wtns, threads, flag, report): Promise<{ proof, publicSignals }>
inline Napi::Value prove(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const HeldProver prover = held<HeldProver>(info[0]);
  if (!prover) throw Napi::Error::New(env, "the prover is closed");
  const Bytes wtns = Bytes::from(info[1]);
  const unsigned threads = readThreads(info[2]);
  const HeldFlag flag = held<HeldFlag>(info[3]);

  struct Progress {
    int stage;
    double done, total;
  };
  auto report = Napi::ThreadSafeFunction::New(env, info[4].As<Napi::Function>(), "proof progress", 0, 1);
  const auto send = [report](ProofStage stage, size_t done, size_t total) {
    auto* progress = new Progress{static_cast<int>(stage), static_cast<double>(done), static_cast<double>(total)};
    const auto call = [](Napi::Env callEnv, Napi::Function callback, Progress* data) {
      const std::unique_ptr<Progress> owned(data);
      callback.Call({Napi::Number::New(callEnv, owned->stage), Napi::Number::New(callEnv, owned->done), Napi::Number::New(callEnv, owned->total)});
    };
    if (report.NonBlockingCall(progress, call) != napi_ok) delete progress;
  };

  const auto result = Napi::Object::New(env);
  const Bytes proof = Bytes::allocate(env, proofBytes), signals = Bytes::allocate(env, 32 * size_t{prover->publicWires()});
  result.Set("proof", proof.array);
  result.Set("publicSignals", signals.array);
  const Section file{wtns.data, wtns.size};
  uint8_t *proofOut = proof.data, *signalsOut = signals.data;
  const auto work = [=]() mutable {
    const std::unique_ptr<Napi::ThreadSafeFunction, void (*)(Napi::ThreadSafeFunction*)> release(
        &report, [](Napi::ThreadSafeFunction* function) { function->Release(); });
    ProofMonitor monitor(flag, send);
    prover->prove(file, threads, monitor, proofOut, signalsOut);
  };
  return (new PromiseWorker(result, work))->holding(wtns.array)->start();
}

}  // namespace millrace
