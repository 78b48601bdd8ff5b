#pragma once
// Files that others watch for: they are there whole or not at all, and readable by their owner only.

#include <filesystem>
#include <string_view>

#include "model/error.h"

namespace paytick::app {

// Mode 0600, synced, renamed into place; of several writers the last wins. Code "file_write".
Result<void> write_private_file(const std::filesystem::path& path, std::string_view content);

}  // namespace paytick::app
