// Server-sent events on a real loopback socket: cut, resumed, slow, drained.
#include "tests/api/listener.h"
#include "tests/api/raw_connection.h"
#include "tests/api/sessions.h"

#include <algorithm>
#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

class Streams : public ::testing::Test {
protected:
    void open_accounts(int first, int count) {
        for (int n = first; n < first + count; ++n) {
            const std::string number = std::to_string(10'000 + n);
            const std::string body = R"({"account":")" + std::string(27, 'b') + number +
                                     R"(","kind":"user","keys":[],"owner":null})";
            node_.submit(
                {.envelope =
                     node_.command("account.open", "01a1fb671800700080000000000" + number, body),
                 .attachment = {}},
                [](ledger::Result<Submitted> done) { EXPECT_TRUE(done); }
            );
        }
    }
    static RawConnection follow(
        const Listener& listener, const std::string& last = {}, const std::string& query = {}
    ) {
        RawConnection raw(listener.port());
        raw.send(
            "GET /v1/events" + query + " HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n" +
            (last.empty() ? "" : "Last-Event-ID: " + last + "\r\n") + "\r\n"
        );
        return raw;
    }
    // Until the text has come; what came.
    static std::string read_until(const RawConnection& raw, std::string_view text) {
        std::string all;
        while (all.find(text) == std::string::npos) {
            const std::string some = raw.read_some();
            if (some.empty()) {
                ADD_FAILURE() << text << " did not come: " << all;
                break;
            }
            all += some;
        }
        return all;
    }
    // The ids of the events that have come whole.
    static std::vector<std::string> ids_of(std::string_view text) {
        std::vector<std::string> ids;
        while (true) {
            const auto end = text.find("\n\n");
            if (end == std::string_view::npos) {
                return ids;
            }
            const std::string_view event = text.substr(0, end);
            if (const auto at = event.find("id: "); at == 0) {
                ids.emplace_back(event.substr(4, event.find('\n') - 4));
            }
            text.remove_prefix(end + 2);
        }
    }

    SmallNode node_;
};

TEST_F(Streams, CutAtRandomPointsAndResumedTellEveryLeafOnceInOrder) {
    open_accounts(0, 60);
    const Listener listener(node_);
    ASSERT_TRUE(listener.server());
    const auto seed = std::random_device{}();
    SCOPED_TRACE("TANJI_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<std::string> all;
    int cuts = 0;
    for (; all.size() < 61 && cuts < 1'000; ++cuts) {
        const RawConnection raw = follow(listener, all.empty() ? "" : all.back());
        const std::size_t cut = 300 + random() % 1'500;  // the head has some 400 bytes
        std::string text;
        while (text.size() < cut && text.find("id: 60.0\n") == std::string::npos) {
            text += raw.read_some();
        }
        text.resize(std::min(cut, text.size()));
        const auto body = text.find("\r\n\r\n");
        for (std::string& id : ids_of(body == std::string::npos ? "" : text.substr(body + 4))) {
            all.push_back(std::move(id));
        }
    }
    EXPECT_GT(cuts, 30);
    ASSERT_EQ(all.size(), 61U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i], std::to_string(i) + ".0");
    }
}

TEST_F(Streams, TellWhatHappensWhileTheyAreOpen) {
    const Listener listener(node_);
    ASSERT_TRUE(listener.server());
    const RawConnection raw = follow(listener, "0.0");
    const std::string head = read_until(raw, "retry: 1000\n\n");
    EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
    EXPECT_EQ(head.find("Content-Length"), std::string::npos);
    EXPECT_NE(head.find("Connection: close"), std::string::npos);
    open_accounts(0, 2);
    const std::string told = read_until(raw, "id: 2.0\nevent: account.open\n");
    EXPECT_EQ(ids_of(told).front(), "1.0");
    node_.certify();
    const std::string certified = read_until(raw, "\"size\":3}\n\n");
    EXPECT_NE(
        certified.find("event: checkpoint.certified\ndata: {\"id\":null,"), std::string::npos
    );
    EXPECT_EQ(certified.find("id: "), std::string::npos);  // resuming never skips a leaf
}

TEST_F(Streams, ANodeThatWasRestartedTellsTheSame) {
    open_accounts(0, 5);
    const auto told = [&] {
        const Listener listener(node_);
        const RawConnection raw = follow(listener, "2.0");
        const std::string text = read_until(raw, "id: 5.0\n");
        return text.substr(text.find("id: 3.0"));
    };
    EXPECT_EQ(told(), told());
}

TEST_F(Streams, ACommentKeepsThemAlive) {
    Settings settings;
    settings.api.event_comment_ms = 40;
    const Listener listener(node_, settings);
    const RawConnection raw = follow(listener, "0.0");
    EXPECT_NE(read_until(raw, ":\n\n:\n\n"), "");

    // Over leaves that a filter does not want, its id goes along.
    open_accounts(0, 3);
    const RawConnection filtered = follow(listener, "0.0", "?types=offer.publish");
    EXPECT_EQ(read_until(filtered, "id: 3.0\n:\n\n").find("event:"), std::string::npos);
}

TEST_F(Streams, SayByeWhenTheirTimeIsOverAndWhenTheNodeStops) {
    Settings settings;
    settings.api.event_stream_ms = 80;
    const Listener brief(node_, settings);
    const RawConnection old = follow(brief);
    EXPECT_TRUE(old.read_all().ends_with("event: bye\ndata: {}\n\n"));

    Listener listener(node_);
    const RawConnection raw = follow(listener, "0.0");
    read_until(raw, "retry: 1000\n\n");
    std::thread stopping([&] { listener.stop(); });
    EXPECT_TRUE(raw.read_all().ends_with("event: bye\ndata: {}\n\n"));
    stopping.join();
}

TEST_F(Streams, AreBoundedAndThePlaceOfOneThatWentAwayIsFree) {
    Settings settings;
    settings.api.limits.streams = 1;
    const Listener listener(node_, settings);
    {
        const RawConnection first = follow(listener);
        read_until(first, "id: 0.0");
        EXPECT_TRUE(follow(listener).read_some().starts_with("HTTP/1.1 503 "));
    }
    for (int i = 0; i < 100; ++i) {
        const RawConnection next = follow(listener);
        if (next.read_some().starts_with("HTTP/1.1 200 ")) {
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    FAIL() << "the place was not given back";
}

TEST_F(Streams, APollIsAnsweredWhenSomethingHappens) {
    const Listener listener(node_);
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        open_accounts(0, 1);
    });
    const auto page = client_of(listener.url()).get("/v1/events?after=0.0&wait=4");
    later.join();
    ASSERT_TRUE(page) << page.error().detail;
    EXPECT_NE(page->body.find("\"id\":\"1.0\",\"type\":\"account.open\""), std::string::npos);
    const auto nothing = client_of(listener.url()).get("/v1/events?after=1.0&wait=1");
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->body, R"({"events":[],"next":"1.0","caught_up":true})");
}

// Says more than anybody can read.
class Flood : public Feed {
public:
    void next(std::function<void(Piece)> then) override {
        produced += piece.size();
        then({.text = piece, .last = ended});
    }
    void end() override { ended = true; }

    const std::string piece = std::string(256 * 1024, 'x');
    std::atomic<std::size_t> produced = 0;
    std::atomic<bool> ended = false;
};

TEST_F(Sessions, AReaderThatDoesNotReadIsCutAndNothingPilesUp) {
    const auto flood = std::make_shared<Flood>();
    add("flood", "GET", "/flood", BodyRule::none, [flood](RequestPtr, Respond respond) {
        Response response;
        response.content_type = "text/event-stream";
        response.feed = flood;
        respond(std::move(response));
    });
    limits().write_stall_ms = 150;
    serve();
    const RawConnection raw = connect();
    raw.send("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 200 && !flood->ended; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_TRUE(flood->ended);
    for (int i = 0; i < 100 && server_->connections() > 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(server_->connections(), 0U);
    EXPECT_LT(flood->produced, 64U * 1024 * 1024);  // what the kernel's buffers took
}

}  // namespace
}  // namespace tanji::api
