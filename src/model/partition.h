#pragma once
// Which partition a viewer belongs to.

#include <cstdint>
#include <string_view>

#include "model/ids.h"

namespace paytick {

// murmur2 with Kafka's seed, as in org.apache.kafka.common.utils.Utils.murmur2, so that any Kafka client with
// the Java default partitioner agrees.
std::uint32_t murmur2(std::string_view key);

// (murmur2(strkey of the viewer) & 0x7fffffff) mod partitions. partitions >= 1.
PartitionId partition_of(const ViewerId& viewer, std::uint32_t partitions);

}  // namespace paytick
