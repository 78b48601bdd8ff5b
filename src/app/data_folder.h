#pragma once
// The claim on a data folder: one `paytick up` at a time, and nobody touches what is in it before.

#include <filesystem>
#include <utility>

#include "model/error.h"

namespace paytick::app {

class DataFolder {
 public:
  // Creates the folder where it is missing, readable by its owner only, and locks the file `lock` in it.
  // Codes "data_in_use", naming the process that has it; "data_folder", when it cannot be made or written.
  static Result<DataFolder> claim(const std::filesystem::path& path);

  // Whether a process has it now; takes nothing, so that asking disturbs nobody's claim.
  static bool in_use(const std::filesystem::path& path);

  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&&) = delete;
  const std::filesystem::path& path() const { return path_; }
  ~DataFolder();  // the lock ends with the process, however that ends

 private:
  DataFolder(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}
  std::filesystem::path path_;
  int file_;
};

}  // namespace paytick::app
