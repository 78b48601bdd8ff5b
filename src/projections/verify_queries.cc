#include "projections/verify_queries.h"

#include "projections/postgres_database.h"

namespace paytick::projections {

Result<std::vector<PartitionTotals>> read_totals(const std::string& url, std::uint32_t partitions) {
  return guarded([&] {
    const auto connection = open_connection(url, kSchema);
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> tx(*connection);
    std::vector<PartitionTotals> all(partitions);
    // Before the first writer has connected there is nothing, which is right for an empty log only.
    if (tx.exec("SELECT to_regclass('positions')")[0][0].is_null()) return all;
    const auto of = [&all](const pqxx::field& partition) -> PartitionTotals& {
      return all.at(partition.as<std::size_t>());
    };
    for (const auto& row :
         tx.exec(std::string("SELECT ") + kPositionColumns + ", topic, partition FROM positions")) {
      const std::string topic = row[6].c_str();
      if (topic == "ticks") of(row[7]).ticks = read_position(row);
      if (topic == "settlements") of(row[7]).settlements = read_position(row);
    }
    for (const auto& row : tx.exec("SELECT partition, sum_id, charged, due, paid FROM sum_totals"))
      of(row[0]).sums[SumId{row[1].as<std::uint32_t>()}] = {Amount(row[2].as<std::int64_t>()),
                                                            Amount(row[3].as<std::int64_t>()),
                                                            Amount(row[4].as<std::int64_t>())};
    for (const auto& row : tx.exec("SELECT s.partition, short_id(session), t.ticks, t.amount FROM sessions s"
                                   " JOIN session_totals t USING (session)")) {
      const auto session = parse_id<SessionId>(row[1].c_str());
      if (session)
        of(row[0]).sessions[*session] = {row[2].as<std::int64_t>(), Amount(row[3].as<std::int64_t>())};
    }
    return all;
  });
}

}  // namespace paytick::projections
