#pragma once
// How the heap of a process that folds is kept.

#include <malloc.h>

namespace paytick::aggregator {

// A step takes and frees records of half a MiB. Given back to the kernel after each, they would cost a page
// fault every 16 ticks: a twentieth of an aggregator's processor time. What a restore leaves free is given
// back all the same (malloc_trim). Once, at the start of main(): other threads may not be running yet.
inline void keep_memory_of_steps() {
  constexpr int kMappedBytesMin = 1024 * 1024;     // a piece this large is given back when it is freed
  constexpr int kKeptBytesMax = 32 * 1024 * 1024;  // free at the end of a heap; a heap is one or two threads'
  ::mallopt(M_MMAP_THRESHOLD, kMappedBytesMin);    // NOLINT(concurrency-mt-unsafe): see above
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytesMax);      // NOLINT(concurrency-mt-unsafe): see above
}

}  // namespace paytick::aggregator
