#pragma once
// How paytick says that something went wrong, in every module.
//
// Bad input is a value: an Error whose `code` is stable (clients and tests compare it) and whose
// `message` says in words what to do. I/O errors also say what the caller may do next, because a
// retry helps after some, hurts after others, and after an in-doubt answer nothing is known.

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace paytick {

enum class Next : std::uint8_t {
  refused,  // the input is wrong; the same input will be refused again
  retry,    // nothing happened; the same call may succeed later
  abort,    // this operation must be given up and rebuilt from its inputs (a lost lease, an aborted step)
  fatal,    // this process cannot go on (corrupt data, broken configuration)
  in_doubt  // it may have happened; read back before anything else
};

struct Error {
  std::string code;     // stable, snake_case: "malformed_json", "log_full", "fenced"
  std::string message;  // one sentence for a person, with what to do
  Next next = Next::refused;

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string_view code, std::string message, Next next = Next::refused) {
  return tl::unexpected<Error>(Error{std::string(code), std::move(message), next});
}

}  // namespace paytick
