// The listeners of a node, and what they are told.
#include "api/credentials.h"
#include "api/handlers/routes.h"
#include "node/node_parts.h"

#include <algorithm>
#include <thread>

namespace tanji::node {
namespace {

api::Limits limits_of(const Config& config) {
    const auto bucket = [](const Config::Rate& rate) {
        return api::Limits::Bucket{
            .burst = static_cast<std::uint32_t>(rate.burst),
            .per_second = static_cast<std::uint32_t>(rate.per_second),
        };
    };
    api::Limits limits;
    limits.connections_max = static_cast<std::size_t>(config.limits.connections);
    limits.connections_per_address =
        static_cast<std::size_t>(config.limits.connections_per_address);
    limits.requests_in_work = static_cast<std::size_t>(config.limits.requests);
    limits.uploads_in_work = static_cast<std::size_t>(config.limits.uploads);
    limits.head_ms = static_cast<std::uint32_t>(1'000 * config.limits.header_timeout_s);
    limits.body_ms = static_cast<std::uint32_t>(1'000 * config.limits.body_timeout_s);
    limits.idle_ms = static_cast<std::uint32_t>(1'000 * config.limits.idle_timeout_s);
    limits.ip = bucket(config.rate.ip);
    limits.member = bucket(config.rate.member);
    limits.signer = bucket(config.rate.signer);
    limits.compute = bucket(config.rate.compute);
    return limits;
}

}  // namespace

std::expected<void, NodeRefused> Node::Parts::start_api() {
    api_observer = std::make_unique<ApiObserver>(metrics, logger);
    api::ApiSettings settings;
    settings.public_url = config.api.public_url;
    settings.version = program_version;
    settings.commit = TANJI_COMMIT;
    settings.limits = limits_of(config);
    api_context.emplace(*service, *api_observer, settings, api_waiting);
    api_context->throttle = std::make_shared<api::Throttle>(settings.limits.bucket_keys_max);
    router = api::make_routes(*api_context);
    acting = std::make_unique<NodeOperator>(NodeOperator::Parts{
        .cluster = *cluster,
        .replica = *replica,
        .loop = *loop,
        .service = *service,
        .logger = logger,
    });
    admin_router = api::make_admin_routes(*api_context, *acting);
    const auto token = [this](std::string_view bearer, ledger::TimeMs now) {
        return api::check_member_token(bearer, service->tokens(), now);
    };
    const bool tls = !config.api.tls.certificate.empty();
    api::GateSettings gated;
    gated.limits = settings.limits;
    gated.cors_origins = config.api.cors_origins;
    gated.language = config.api.language == "en" ? api::Language::en : api::Language::zh;
    gated.tls = tls;
    gated.throttle = api_context->throttle;
    gated.now = [this] { return clock.now_ms(); };
    gated.token = token;
    gated.proxies = api::TrustedProxies(config.api.trusted_proxies);
    gated.quarantined = [this] { return !replica_observer.withdrawn().reason.empty(); };
    gate = std::make_unique<api::Gate>(gated, *router, *api_observer);
    gated.admin = true;
    gated.tls = false;
    admin_gate = std::make_unique<api::Gate>(gated, *admin_router, *api_observer);

    const ListenAddress listen = listen_address(config.api.listen);
    api::ServerSettings serving;
    serving.address = listen.host;
    serving.port = listen.port;
    serving.io_threads = static_cast<std::size_t>(config.api.threads);
    serving.workers = config.api.verify_threads > 0
                          ? static_cast<std::size_t>(config.api.verify_threads)
                          : std::max(2U, std::thread::hardware_concurrency());
    if (tls) {
        serving.tls = api::TlsFiles{
            .certificate = config.api.tls.certificate,
            .key = config.api.tls.key,
            .tls13_only = config.api.tls.min_version == "1.3",
        };
    }
    auto started = api::Server::start(serving, *gate, *api_observer);
    if (!started) {
        return refused(started.error());
    }
    server = std::move(*started);
    const ListenAddress admin = listen_address(config.admin.listen);
    serving.address = admin.host;
    serving.port = admin.port;
    serving.io_threads = 1;
    serving.workers = 2;  // one of them may wait for a new leader
    serving.tls.reset();
    auto admin_started = api::Server::start(serving, *admin_gate, *api_observer);
    if (!admin_started) {
        return refused(admin_started.error());
    }
    admin_server = std::move(*admin_started);
    return {};
}

}  // namespace tanji::node
