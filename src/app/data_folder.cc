#include "app/data_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace paytick::app {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> unusable(const fs::path& path, const std::string& why) {
  return fail("data_folder", "cannot use " + path.string() + " as data folder: " + why, Next::fatal);
}

// " (pid 123)", or nothing where the owner has not written it yet.
std::string owner_of(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  const std::string_view pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::string_view digits = pid.substr(0, pid.find_first_not_of("0123456789"));
  return digits.empty() ? std::string() : " (pid " + std::string(digits) + ")";
}

// A lock of the open file, not of the process: one process may claim several folders, and not one twice.
struct flock whole_file() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

bool DataFolder::in_use(const fs::path& path) {
  const int file = ::open((path / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  struct flock lock = whole_file();
  const bool used = ::fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(file);
  return used;
}

Result<DataFolder> DataFolder::claim(const fs::path& path) {
  std::error_code error;
  if (fs::create_directories(path, error)) fs::permissions(path, fs::perms::owner_all, error);
  if (error) return unusable(path, error.message());
  const fs::path lock = path / "lock";
  const int file = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return unusable(path, lock.string() + ": " + ::strerrordesc_np(errno));
  DataFolder folder(path, file);
  struct flock whole = whole_file();
  if (::fcntl(file, F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES)
      return unusable(path, lock.string() + ": " + ::strerrordesc_np(errno));
    return fail("data_in_use",
                "another paytick" + owner_of(file) + " runs on " + path.string() +
                    ": end that one, or name another folder with --data",
                Next::fatal);
  }
  // Only for the words above: on a full disk the lock holds as well.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) == 0) (void)!::pwrite(file, pid.data(), pid.size(), 0);
  return folder;
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

DataFolder::~DataFolder() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace paytick::app
