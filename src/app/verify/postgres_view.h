#pragma once
// DatabaseView on the projections' tables.

#include "app/verify/database_view.h"

namespace paytick::app {

class PostgresView final : public DatabaseView {
 public:
  explicit PostgresView(std::string url) : url_(std::move(url)) {}
  Result<std::vector<DatabasePartition>> load(std::uint32_t partitions) override;

 private:
  std::string url_;
};

}  // namespace paytick::app
