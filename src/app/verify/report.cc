#include <fmt/format.h>

#include "app/json.h"
#include "app/verify/verifier.h"

namespace paytick::app {

std::string to_words(const VerifyReport& report) {
  std::string text;
  for (std::size_t p = 0; p < report.cuts.size(); ++p) {
    const auto& cut = report.cuts[p];
    text += fmt::format("  cut of partition {}: heartbeats {}, ticks {}, settlements {}", p,
                        static_cast<std::int64_t>(cut.heartbeats), static_cast<std::int64_t>(cut.ticks),
                        static_cast<std::int64_t>(cut.settlements));
    if (report.database_checked)
      text += fmt::format(", database {}", static_cast<std::int64_t>(cut.database));
    text += "\n";
  }
  if (report.chain_checked) text += fmt::format("  cut of the chain: ledger {}\n", report.ledger);
  text += fmt::format(
      "  {} input records folded again, {} frames and {} lines compared, {} sessions, {} ticks\n"
      "  charged {}, due {}, settled {} in {} transactions, {} sums in flight\n",
      report.inputs, report.frames, report.lines, report.sessions, report.ticks, to_decimal(report.charged),
      to_decimal(report.due), to_decimal(report.settled), report.transactions, report.in_flight);
  if (report.credits_ordered > Amount{})
    text += fmt::format("  credits ordered {}, paid in {}; {} meters in flight, {} wait\n",
                        to_decimal(report.credits_ordered), to_decimal(report.credits_paid),
                        report.credits_in_flight, report.credits_waiting);
  if (report.difference) return text + "DIFFERENCE: " + *report.difference + "\n";
  if (report.database_checked && report.chain_checked)
    text += "log, database and chain agree";
  else if (report.database_checked)
    text += "log and database agree";
  else if (report.chain_checked)
    text += "log and chain agree";
  else
    text += "the log agrees with itself";
  if (!report.database_checked) text += "; the database was not asked";
  if (!report.chain_checked) text += "; the chain was not asked";
  return text + "\n";
}

std::string to_json(const VerifyReport& report) {
  JsonObject json;
  json.add("agree", !report.difference.has_value());
  if (report.difference) json.add("difference", *report.difference);
  json.add("databaseChecked", report.database_checked);
  json.add("chainChecked", report.chain_checked);
  json.add("ledger", static_cast<std::int64_t>(report.ledger));
  json.add("inputRecords", static_cast<std::int64_t>(report.inputs));
  json.add("frames", static_cast<std::int64_t>(report.frames));
  json.add("lines", static_cast<std::int64_t>(report.lines));
  json.add("sessions", static_cast<std::int64_t>(report.sessions));
  json.add("ticks", report.ticks);
  json.add("charged", to_decimal(report.charged));
  json.add("due", to_decimal(report.due));
  json.add("settled", to_decimal(report.settled));
  json.add("transactions", static_cast<std::int64_t>(report.transactions));
  json.add("inFlight", static_cast<std::int64_t>(report.in_flight));
  json.add("creditsOrdered", to_decimal(report.credits_ordered));
  json.add("creditsPaid", to_decimal(report.credits_paid));
  json.add("creditsInFlight", static_cast<std::int64_t>(report.credits_in_flight));
  json.add("creditsWaiting", static_cast<std::int64_t>(report.credits_waiting));
  json.begin("cuts");  // by partition: where each topic was read to, and by the database
  for (std::size_t p = 0; p < report.cuts.size(); ++p) {
    const auto& cut = report.cuts[p];
    json.begin(std::to_string(p));
    json.add("ticks", static_cast<std::int64_t>(cut.ticks));
    json.add("settlements", static_cast<std::int64_t>(cut.settlements));
    if (report.database_checked) {
      json.add("databaseTicks", static_cast<std::int64_t>(cut.database_ticks));
      json.add("databaseSettlements", static_cast<std::int64_t>(cut.database_settlements));
    }
    json.end();
  }
  json.end();
  return json.text();
}

}  // namespace paytick::app
