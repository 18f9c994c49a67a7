#include "api/handlers/event_feed.h"

#include "api/handlers/standing.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

namespace tanji::api {
namespace {

constexpr std::size_t events_at_once = 100;
constexpr int pages_at_once = 4;
constexpr std::size_t piece_bytes = 128 * 1024;  // and then one event more

// Stateless but for its place in the log: it reads the next events only when the last ones have
// been taken off its hands.
class EventFeed : public Feed, public std::enable_shared_from_this<EventFeed> {
public:
    EventFeed(Context& context, FeedOrder order)
        : context_(context),
          follower_(context.standing->followers()),
          order_(std::move(order)),
          begun_(steady_ms()),
          spoken_(begun_) {
        context_.observer.event_streams(context_.standing->followers());
    }
    ~EventFeed() override { context_.observer.event_streams(context_.standing->followers() - 1); }

    void end() override { ended_ = true; }

    void next(std::function<void(Piece)> then) override {
        if (ended_ || steady_ms() - begun_ >= order_.life_ms) {
            then({.text = "event: bye\ndata: {}\n\n", .last = true});
            return;
        }
        std::string text = greeting();
        text += news();
        if (text.empty() && steady_ms() - spoken_ >= context_.settings.event_comment_ms) {
            text = comment();
        }
        if (text.empty() && behind_) {
            then({});  // asked again at once, after whoever else wants the worker
            return;
        }
        if (text.empty()) {
            wait(std::move(then));
            return;
        }
        spoken_ = steady_ms();
        then({.text = std::move(text)});
    }

private:
    // How soon to come again after a cut.
    std::string greeting() {
        return std::exchange(greeted_, true) ? std::string() : std::string("retry: 1000\n\n");
    }

    // With a filter it also moves the reader's Last-Event-ID along, over leaves that it does not
    // want: else it would come back with a place that is long pruned.
    std::string comment() const {
        const bool filtered = !order_.filter.types.empty() || !order_.filter.account.empty();
        return filtered && order_.after ? fmt::format("id: {}\n:\n\n", to_text(*order_.after))
                                        : std::string(":\n\n");
    }

    std::string news() {
        const auto view = context_.service.local();
        std::string text;
        std::size_t count = 0;
        bool caught_up = false;
        for (int i = 0; i < pages_at_once && text.size() < piece_bytes && !caught_up; ++i) {
            const EventPage page = read_events(*view, order_.after, order_.filter, events_at_once);
            for (const Event& event : page.events) {
                if (text.size() >= piece_bytes) {
                    break;
                }
                text += fmt::format(
                    "id: {}\nevent: {}\ndata: {}\n\n", to_text(event.id), event.type, event.data
                );
                order_.after = event.id;
                ++count;
            }
            if (text.size() < piece_bytes) {
                order_.after = page.next;
                caught_up = page.caught_up;
            }
        }
        behind_ = !caught_up;
        if (caught_up) {
            seen_ = view->head().size;
            text += certificate(*view);
        }
        context_.observer.events_sent(count);
        return text;
    }

    // Told only after every leaf that it covers.
    std::string certificate(const ledger::View& view) {
        const ledger::TreeSize size = certified_size(view);
        if (size == told_) {
            return {};
        }
        told_ = size;
        return order_.filter.wants(certified_event)
                   ? fmt::format("event: {}\ndata: {}\n\n", certified_event, certified_data(view))
                   : std::string();
    }

    void wait(std::function<void(Piece)> then) {
        const std::int64_t now = steady_ms();
        const std::int64_t quiet = spoken_ + context_.settings.event_comment_ms - now;
        const std::int64_t left = begun_ + order_.life_ms - now;
        const auto ready = [self = shared_from_this()] {
            const Standing::Place place = self->context_.standing->now(self->context_.service);
            return self->ended_ || place.size > self->seen_ || place.certified > self->told_;
        };
        const auto ms =
            static_cast<std::uint32_t>(std::max<std::int64_t>(1, std::min(quiet, left)));
        context_.waiting.wait(ms, ready, [then = std::move(then)] { then({}); });
    }

    Context& context_;
    Standing::Follower follower_;
    FeedOrder order_;
    std::int64_t begun_;
    std::int64_t spoken_;  // when something was said last
    bool greeted_ = false;
    bool behind_ = false;  // there are leaves that nobody has looked at yet
    std::atomic<bool> ended_ = false;
    std::atomic<ledger::TreeSize> seen_ = 0;  // every leaf below was told or not wanted
    std::atomic<ledger::TreeSize> told_ = 0;  // the certificate told last
};

}  // namespace

std::shared_ptr<Feed> make_event_feed(Context& context, FeedOrder order) {
    return std::make_shared<EventFeed>(context, std::move(order));
}

}  // namespace tanji::api
