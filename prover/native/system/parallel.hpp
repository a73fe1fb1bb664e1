// A loop over blocks on a few threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace millrace {

/// Calls body(begin, end) for consecutive blocks of at most `block` that cover [0, count), on up to
/// `threads` threads, the caller's own included. Rethrows the first exception after all have stopped.
template <class Body>
void parallelBlocks(unsigned threads, size_t count, size_t block, const Body& body) {
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failureLock;
  const auto work = [&] {
    try {
      for (size_t begin = next.fetch_add(block); begin < count; begin = next.fetch_add(block)) {
        body(begin, std::min(begin + block, count));
      }
    } catch (...) {
      next.store(count);
      const std::lock_guard<std::mutex> guard(failureLock);
      if (!failure) failure = std::current_exception();
    }
  };
  const size_t blocks = (count + block - 1) / block;
  std::vector<std::thread> helpers;
  try {
    for (size_t i = 1; i < std::min<size_t>(threads, blocks); i++) helpers.emplace_back(work);
  } catch (const std::system_error&) {
    // No more threads to be had: those that started, and this one, do all the work.
  }
  work();
  for (std::thread& helper : helpers) helper.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace millrace
