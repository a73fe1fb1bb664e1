// How a long computation tells how far it is, and learns that it is no longer wanted.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>

namespace millrace {

/// Thrown by work that was cancelled.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "cancelled"; }
};

/// Set from any thread; read by the work.
using CancelFlag = std::atomic<bool>;

/// Stages of a proof, in order.
enum class ProofStage { witness, quotient, points };

class ProofMonitor {
 public:
  /// `report(stage, done, total)` is called from several threads.
  using Report = std::function<void(ProofStage, size_t, size_t)>;

  ProofMonitor(std::shared_ptr<const CancelFlag> cancelled, Report report)
      : cancelled_(std::move(cancelled)), report_(std::move(report)) {}

  void begin(ProofStage stage, size_t total) {
    check();
    stage_ = stage;
    total_ = total;
    done_ = 0;
    report_(stage, 0, total);
  }

  /// One of the stage's steps is done. Throws Cancelled.
  void step() {
    check();
    report_(stage_, ++done_, total_);
  }

  /// Throws Cancelled.
  void check() const {
    if (cancelled_->load(std::memory_order_relaxed)) throw Cancelled();
  }

 private:
  std::shared_ptr<const CancelFlag> cancelled_;
  Report report_;
  ProofStage stage_ = ProofStage::witness;
  size_t total_ = 0;
  std::atomic<size_t> done_{0};
};

}  // namespace millrace
