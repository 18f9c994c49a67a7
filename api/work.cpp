#include "api/work.h"

#include "api/problem.h"

#include <exception>
#include <memory>
#include <optional>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tanji::api {

namespace asio = boost::asio;
using ledger::ErrorCode;
using ledger::refuse;

namespace {

void run(
    SessionEnvironment& environment, const Route& route, const RequestPtr& request, Respond respond
) {
    auto work = [&route, request, respond = std::move(respond), &observer = environment.observer] {
        try {
            route.handler(request, respond);
        } catch (const std::exception& thrown) {
            observer.failed(thrown.what(), request->trace_id);
            respond(
                problem(refuse(ErrorCode::internal, "something went wrong here").error(), *request)
            );
        }
    };
    if (route.blocking) {
        environment.run_on_worker(std::move(work));
    } else {
        work();
    }
}

// What throws there leaves its request unanswered, which is `internal` too.
Respond::Behind behind(
    SessionEnvironment& environment, const RequestPtr& request, std::weak_ptr<Place> place
) {
    return {
        .on_worker =
            [&environment, request](std::function<void()> work) {
                environment.run_on_worker(
                    [&observer = environment.observer, request, work = std::move(work)] {
                        try {
                            work();
                        } catch (const std::exception& thrown) {
                            observer.failed(thrown.what(), request->trace_id);
                        }
                    }
                );
            },
        .park =
            [place = std::move(place)] {
                if (const auto held = place.lock()) {
                    held->give_back();
                }
            },
    };
}

}  // namespace

asio::awaitable<void> on_worker(
    asio::any_io_executor executor, SessionEnvironment& environment, std::function<void()> work
) {
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
        [&executor, &environment, &work](auto completion) {
            auto done = std::make_shared<decltype(completion)>(std::move(completion));
            environment.run_on_worker([executor, done, work = std::move(work)] {
                work();
                asio::post(executor, [done] { std::move (*done)(); });
            });
        },
        asio::use_awaitable
    );
}

asio::awaitable<Response> answer(
    asio::any_io_executor executor,
    SessionEnvironment& environment,
    const Admitted& admitted,
    const std::shared_ptr<Place>& place
) {
    const RequestPtr request = admitted.request;
    auto response = co_await asio::
        async_initiate<const asio::use_awaitable_t<>&, void(std::optional<Response>)>(
            [&](auto completion) {
                auto done = std::make_shared<decltype(completion)>(std::move(completion));
                Respond respond(
                    [done, executor](std::optional<Response> made) {
                        asio::post(executor, [done, made = std::move(made)]() mutable {
                            std::move (*done)(std::move(made));
                        });
                    },
                    behind(environment, request, place)
                );
                run(environment, *admitted.route, request, std::move(respond));
            },
            asio::use_awaitable
        );
    if (response) {
        co_return std::move(*response);
    }
    environment.observer.failed("a request was not answered", request->trace_id);
    co_return problem(
        refuse(ErrorCode::internal, "the request was not answered").error(), *request
    );
}

asio::awaitable<Feed::Piece> next_piece(
    asio::any_io_executor executor, SessionEnvironment& environment, std::shared_ptr<Feed> feed
) {
    // Named before it is awaited: g++ 12 destroys a temporary twice that captures and is part of a
    // co_await expression.
    const auto ask = [&](auto completion) {
        auto done = std::make_shared<decltype(completion)>(std::move(completion));
        std::function<void(Feed::Piece)> then = [done, executor](Feed::Piece piece) {
            asio::post(executor, [done, piece = std::move(piece)]() mutable {
                std::move (*done)(std::move(piece));
            });
        };
        environment.run_on_worker([feed, then = std::move(then), &observer = environment.observer] {
            try {
                feed->next(then);
            } catch (const std::exception& thrown) {
                observer.failed(thrown.what(), {});
                then({.text = {}, .last = true});
            }
        });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Feed::Piece)>(
        ask, asio::use_awaitable
    );
}

}  // namespace tanji::api
