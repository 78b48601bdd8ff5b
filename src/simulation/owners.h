#pragma once
// Who wrote a topic of frames, read plainly: without the product's FrameReader, every record by itself.

#include <string>

#include "log/event_log.h"

namespace paytick::simulation {

// The first write of an owner that has no right to it, in words; empty when there is none. A fence must be of
// a higher epoch than all before it. A frame of an older epoch than the newest fence does not count; one of
// that epoch goes on from the last that counted; any other was written without a fence.
std::string unfenced_write(log::EventLog& log, log::TopicPartition topic);

}  // namespace paytick::simulation
