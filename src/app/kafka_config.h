#pragma once
// The log as configured: how to reach the brokers, and a log to look at for commands beside a running system.

#include <memory>
#include <string>

#include "app/config.h"
#include "log/event_log.h"
#include "log/kafka/kafka_settings.h"
#include "model/error.h"

namespace paytick::app {

// With the secrets of the environment: PAYTICK_KAFKA_SASL_PASSWORD, PAYTICK_KAFKA_SSL_KEY_PASSWORD, or files
// that …_FILE names. Codes "config_missing", "config_bad_value", "secret_unreadable".
Result<log::KafkaSettings> kafka_settings(const Config& config, const Environment& environment);

// To read only: nothing is written by whoever checks. The embedded log's folder, or the brokers, by
// log.engine. Codes of the engines.
Result<std::unique_ptr<log::EventLog>> open_log_to_read(const Config& config, const Environment& environment);

}  // namespace paytick::app
