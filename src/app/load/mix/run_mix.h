#pragma once
// paytick load --mix: makes the contents, drives, waits for chain and database, and lets `paytick verify`
// judge.

#include <functional>
#include <string>

#include "app/load/driver.h"
#include "app/load/mix/mix_report.h"
#include "model/error.h"

namespace paytick::app::load {

// What the gateways and the job's --metrics say now, a page each.
using AskMetrics = std::function<std::vector<std::string>()>;

// `job` without a content; `creator` is paid. The system must be used by nobody else meanwhile. Codes: those
// of MixDriver and of the stage, "differ" with what verify finds, "not_settled", and verify's own. `progress`
// is called about once a second.
Result<MixOutcome> run_mix(const Job& job, const std::string& creator, const AskMetrics& metrics,
                           const std::function<void(const std::string&)>& progress);

}  // namespace paytick::app::load
