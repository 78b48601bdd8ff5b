#include "log/kafka/rights_admin.h"

#include <array>
#include <memory>
#include <utility>

namespace paytick::log::kafka {
namespace {

struct DestroyAcl {
  void operator()(rd_kafka_AclBinding_t* p) const { rd_kafka_AclBinding_destroy(p); }
};
using Acl = std::unique_ptr<rd_kafka_AclBinding_t, DestroyAcl>;

constexpr std::array kResources{std::pair(Resource::topic, RD_KAFKA_RESOURCE_TOPIC),
                                std::pair(Resource::group, RD_KAFKA_RESOURCE_GROUP),
                                std::pair(Resource::transactional_id, RD_KAFKA_RESOURCE_TRANSACTIONAL_ID),
                                // In this list, it stands for the cluster.
                                std::pair(Resource::cluster, RD_KAFKA_RESOURCE_BROKER)};
constexpr std::array kOperations{
    std::pair(Operation::all, RD_KAFKA_ACL_OPERATION_ALL),
    std::pair(Operation::read, RD_KAFKA_ACL_OPERATION_READ),
    std::pair(Operation::write, RD_KAFKA_ACL_OPERATION_WRITE),
    std::pair(Operation::create, RD_KAFKA_ACL_OPERATION_CREATE),
    std::pair(Operation::remove, RD_KAFKA_ACL_OPERATION_DELETE),
    std::pair(Operation::alter, RD_KAFKA_ACL_OPERATION_ALTER),
    std::pair(Operation::describe, RD_KAFKA_ACL_OPERATION_DESCRIBE),
    std::pair(Operation::describe_configs, RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS),
    std::pair(Operation::alter_configs, RD_KAFKA_ACL_OPERATION_ALTER_CONFIGS)};

template <typename Table, typename Ours>
auto theirs_of(const Table& table, Ours ours) {
  for (const auto& [one, other] : table)
    if (one == ours) return other;
  return table[0].second;
}

std::optional<Right> to_right(const rd_kafka_AclBinding_t& acl) {
  Right right;
  bool known = false;
  for (const auto& [ours, theirs] : kResources)
    if (theirs == rd_kafka_AclBinding_restype(&acl)) right.resource = ours, known = true;
  if (!known) return std::nullopt;
  right.operation = Operation::other;
  for (const auto& [ours, theirs] : kOperations)
    if (theirs == rd_kafka_AclBinding_operation(&acl)) right.operation = ours;
  right.principal = rd_kafka_AclBinding_principal(&acl);
  right.name = rd_kafka_AclBinding_name(&acl);
  right.host = rd_kafka_AclBinding_host(&acl);
  right.prefixed = rd_kafka_AclBinding_resource_pattern_type(&acl) == RD_KAFKA_RESOURCE_PATTERN_PREFIXED;
  right.allowed = rd_kafka_AclBinding_permission_type(&acl) == RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW;
  return right;
}

}  // namespace

Result<std::optional<std::set<Right>>> read_rights(rd_kafka_t* client, const AdminCall& call) {
  const std::string asking = "asking who may do what";
  std::array<char, 256> why{};
  const Acl every(rd_kafka_AclBindingFilter_new(RD_KAFKA_RESOURCE_ANY, nullptr, RD_KAFKA_RESOURCE_PATTERN_ANY,
                                                nullptr, nullptr, RD_KAFKA_ACL_OPERATION_ANY,
                                                RD_KAFKA_ACL_PERMISSION_TYPE_ANY, why.data(), why.size()));
  const auto event = call.raw(RD_KAFKA_ADMIN_OP_DESCRIBEACLS, [&](const auto* options, auto* queue) {
    rd_kafka_DescribeAcls(client, every.get(), options, queue);
  });
  if (!event) return tl::unexpected(to_error(RD_KAFKA_RESP_ERR__TIMED_OUT, asking));
  const auto code = rd_kafka_event_error(event.get());
  if (code == RD_KAFKA_RESP_ERR_SECURITY_DISABLED) return std::nullopt;
  if (code) return tl::unexpected(refused(code, rd_kafka_event_error_string(event.get()), asking));
  std::set<Right> rights;
  std::size_t count = 0;
  const auto* const* const acls =
      rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i)
    if (auto right = to_right(*acls[i])) rights.insert(std::move(*right));
  return rights;
}

Result<void> grant_rights(rd_kafka_t* client, const AdminCall& call, const std::vector<Right>& rights) {
  const std::string asking = "granting rights";
  std::array<char, 256> why{};
  std::vector<Acl> acls;
  std::vector<rd_kafka_AclBinding_t*> asked;
  for (const Right& right : rights) {
    acls.emplace_back(rd_kafka_AclBinding_new(
        theirs_of(kResources, right.resource), right.name.c_str(),
        right.prefixed ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED : RD_KAFKA_RESOURCE_PATTERN_LITERAL,
        right.principal.c_str(), right.host.c_str(), theirs_of(kOperations, right.operation),
        RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, why.data(), why.size()));
    if (!acls.back())
      return fail("bad_configuration", "Kafka: " + to_text(right) + ": " + why.data() + ".", Next::fatal);
    asked.push_back(acls.back().get());
  }
  const auto event = call.answer(RD_KAFKA_ADMIN_OP_CREATEACLS, asking, [&](const auto* options, auto* queue) {
    rd_kafka_CreateAcls(client, asked.data(), asked.size(), options, queue);
  });
  if (!event) return tl::unexpected(event.error());
  std::size_t count = 0;
  const auto* const* const told =
      rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i)
    if (const auto* const error = rd_kafka_acl_result_error(told[i]))
      return tl::unexpected(refused(rd_kafka_error_code(error), rd_kafka_error_string(error), asking));
  return {};
}

}  // namespace paytick::log::kafka
