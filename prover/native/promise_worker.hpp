// Work off the event loop behind a JavaScript promise.
#pragma once

#include <napi.h>

#include <functional>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "groth16/input_error.hpp"
#include "system/proof_monitor.hpp"

namespace millrace {

/// Runs `work` on a thread of libuv's pool, then resolves to `result`, an object made beforehand
/// whose memory `work` fills. Rejects with an Error that has a `code` and `details`.
class PromiseWorker final : public Napi::AsyncWorker {
 public:
  using Work = std::function<void()>;
  using Finish = std::function<void(Napi::Object)>;

  PromiseWorker(const Napi::Object& result, Work work)
      : Napi::AsyncWorker(result.Env()), work_(std::move(work)), deferred_(result.Env()), result_(Napi::Persistent(result)) {}

  /// Keeps an object, whose memory `work` reads, alive until the end.
  PromiseWorker* holding(const Napi::Object& object) {
    held_.push_back(Napi::Persistent(object));
    return this;
  }

  /// Called on the event loop with the result before the promise resolves.
  PromiseWorker* finishing(Finish finish) {
    finish_ = std::move(finish);
    return this;
  }

  /// From here on the worker owns itself.
  Napi::Promise start() {
    const Napi::Promise promise = deferred_.Promise();
    Queue();
    return promise;
  }

 private:
  void Execute() override {
    try {
      work_();
    } catch (const InputError& error) {
      details_ = error.details();
      fail(error.code(), error.what());
    } catch (const Cancelled& error) {
      fail("cancelled", error.what());
    } catch (const std::system_error& error) {
      fail("io", error.what());
    } catch (const std::bad_alloc&) {
      fail("out-of-memory", "not enough memory");
    } catch (const std::exception& error) {
      fail("native-failure", error.what());
    }
  }

  void fail(const char* code, const char* message) {
    code_ = code;
    SetError(message);
  }

  void OnOK() override {
    if (finish_) finish_(result_.Value());
    deferred_.Resolve(result_.Value());
  }

  void OnError(const Napi::Error& error) override {
    error.Value().Set("code", code_);
    const auto details = Napi::Object::New(Env());
    for (const auto& [key, value] : details_) details.Set(key, value);
    error.Value().Set("details", details);
    deferred_.Reject(error.Value());
  }

  Work work_;
  Finish finish_;
  Napi::Promise::Deferred deferred_;
  Napi::ObjectReference result_;
  std::vector<Napi::ObjectReference> held_;
  std::string code_;
  InputError::Details details_;
};

}  // namespace millrace
