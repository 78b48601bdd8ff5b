#include "app/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace paytick::app {

Result<void> write_private_file(const std::filesystem::path& path, std::string_view content) {
  // A name of its own: another process may be writing the same file.
  std::string temporary = path.string() + ".XXXXXX";
  const auto failed = [&] {
    return fail("file_write", "cannot write " + path.string() + ": " + ::strerrordesc_np(errno), Next::fatal);
  };
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600
  if (file < 0) return failed();
  bool done = true;
  while (done && !content.empty()) {
    const ssize_t n = ::write(file, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      done = false;
    else
      content.remove_prefix(static_cast<std::size_t>(n));
  }
  done = done && ::fsync(file) == 0;
  ::close(file);
  if (done && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  auto error = failed();
  ::unlink(temporary.c_str());
  return error;
}

}  // namespace paytick::app
