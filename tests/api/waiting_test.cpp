// Handlers that wait without a thread, and without a place among the requests in work.
#include "tests/api/sessions.h"

#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

TEST_F(Sessions, WhoOnlyWaitsGivesItsPlaceBack) {
    limits().requests_in_work = 1;
    std::optional<Respond> parked;
    std::promise<void> waits;
    add("poll", "GET", "/poll", BodyRule::none, [&](RequestPtr, Respond respond) {
        respond.park();
        parked = respond;
        waits.set_value();
    });
    serve();
    RawConnection poll = connect();
    poll.send("GET /poll HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    waits.get_future().wait();
    EXPECT_EQ(client().get("/hello/a")->status, 200);
    (*parked)(text("at last"));
    EXPECT_TRUE(poll.read_all().ends_with("at last"));
    // The reply is on its way before its place is free.
    for (int waited = 0; gate_->in_work() > 0 && waited < 5'000; ++waited) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(gate_->in_work(), 0U);
}

TEST_F(Sessions, WhatGoesOnLaterGoesOnOnAWorkerAndMayThrowThere) {
    add("later", "GET", "/later", BodyRule::none, [&](RequestPtr, Respond respond) {
        std::thread([respond] {
            const auto waited = std::this_thread::get_id();
            respond.resume([respond, waited] {
                respond(text(std::this_thread::get_id() != waited ? "a worker" : "not a worker"));
            });
        }).detach();
    });
    add("fails", "GET", "/fails", BodyRule::none, [&](RequestPtr, Respond respond) {
        respond.resume([respond] { throw std::runtime_error("a secret"); });
    });
    serve();
    EXPECT_EQ(client().get("/later")->body, "a worker");
    const auto failed = client().get("/fails");
    EXPECT_EQ(failed->status, 500);
    EXPECT_EQ(failed->body.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace tanji::api
