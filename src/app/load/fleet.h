#pragma once
// The viewers of a run: accounts that are the same in every run, and their meters, made and topped up on
// chain before the clock starts. What was made is remembered in load.meters in the data folder.

#include <optional>
#include <string>
#include <vector>

#include "app/dev/dev_file.h"
#include "app/load/options.h"
#include "model/error.h"
#include "model/ids.h"

namespace paytick::app::load {

struct Viewer {
  ViewerId account;
  MeterId meter;
};

// Viewer i's account: nobody holds its key, which a viewer who only watches on a development network never
// needs.
ViewerId load_viewer(std::uint32_t i);

// The first `options.viewers` of the fleet; with --fund the missing ones are made. Code "fund_needed" without
// it. Shows its progress on standard error.
Result<std::vector<Viewer>> gather_fleet(const Options& options, const Plan& plan,
                                         const dev::DevFile& system);

// load.meters: the router's id on the first line, then a viewer's meter on each. Another router's file counts
// as empty.
std::vector<MeterId> read_meters(const std::string& text, const ContractId& router);
std::string write_meters(const std::vector<MeterId>& meters, const ContractId& router);

}  // namespace paytick::app::load
