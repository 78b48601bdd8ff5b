#pragma once
// Something large as a row of strings that are made, or read, one at a time.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace paytick {

using ChunkSource = std::function<std::optional<std::string>()>;  // in order; nothing at the end

inline ChunkSource source_of(std::vector<std::string> chunks) {
  return [left = std::move(chunks), at = std::size_t{0}]() mutable -> std::optional<std::string> {
    if (at == left.size()) return std::nullopt;
    return std::move(left[at++]);
  };
}

inline std::vector<std::string> all_of(const ChunkSource& chunks) {
  std::vector<std::string> all;
  while (auto chunk = chunks()) all.push_back(std::move(*chunk));
  return all;
}

}  // namespace paytick
