#pragma once
// Verifier on the system that a command looks at, with the chain and the database that belong to it.

#include "app/target.h"
#include "app/verify/verifier.h"
#include "model/error.h"

namespace paytick::app {

// Errors of find_target, of the log and of the chain, and those of Verifier::run.
Result<VerifyReport> verify_system(const TargetOptions& options, const Verifier::Progress& progress);

}  // namespace paytick::app
