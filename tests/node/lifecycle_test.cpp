#include "node/lifecycle.h"

#include "temporary_directory.h"

#include <csignal>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tanji::node {
namespace {

using test::TemporaryDirectory;

TEST(Signals, TheFirstStopDrainsTheSecondEnds) {
    boost::asio::io_context io;
    std::string heard;
    const Signals signals(
        io,
        {.stop = [&] { heard += "stop "; },
         .stop_again = [&] { heard += "again "; },
         .reload = [&] { heard += "reload "; }}
    );
    for (const int signal : {SIGHUP, SIGTERM, SIGHUP, SIGINT, SIGTERM}) {
        const std::size_t before = heard.size();
        std::raise(signal);
        while (heard.size() == before && io.run_one_for(std::chrono::seconds(5)) > 0) {
        }
    }
    EXPECT_EQ(heard, "reload stop reload again again ");
}

TEST(Signals, ALostReaderDoesNotEndTheProcess) {
    boost::asio::io_context io;
    const Signals signals(io, {[] {}, [] {}, [] {}});
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    EXPECT_EQ(::write(ends[1], "x", 1), -1);
    ::close(ends[1]);
}

TEST(Signals, AreGivenBackWhenTheObjectGoes) {
    boost::asio::io_context io;
    {
        const Signals signals(io, {[] {}, [] {}, [] {}});
    }
    io.run();  // nothing waits any more
    SUCCEED();
}

// The service manager's end of the socket.
class Manager {
public:
    Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = folder_ / "notify";
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        // The interface of sockets since 1983.
        const auto* plain = reinterpret_cast<const sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_, plain, sizeof(address)), 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~Manager() {
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("WATCHDOG_USEC");
        ::close(socket_);
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    std::string heard() {
        char message[512];
        const auto length = ::recv(socket_, message, sizeof(message), MSG_DONTWAIT);
        return length > 0 ? std::string(message, static_cast<std::size_t>(length)) : "";
    }

private:
    TemporaryDirectory folder_;
    int socket_;
};

TEST(ServiceManager, HearsWhenTheNodeIsReadyAndWhenItStops) {
    Manager manager;
    notify_ready("leading at block 7");
    EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=leading at block 7");
    notify_status("following, 3 behind");
    EXPECT_EQ(manager.heard(), "STATUS=following, 3 behind");
    notify_alive();
    EXPECT_EQ(manager.heard(), "WATCHDOG=1");
    notify_stopping("draining");
    EXPECT_EQ(manager.heard(), "STOPPING=1\nSTATUS=draining");
}

TEST(ServiceManager, IsFedTwiceAsOftenAsItAsks) {
    EXPECT_EQ(watchdog_period(), std::nullopt);
    const Manager manager;
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    EXPECT_EQ(watchdog_period(), std::chrono::milliseconds(15'000));
}

TEST(ServiceManager, IsNotNeeded) {
    ::unsetenv("NOTIFY_SOCKET");
    notify_ready("nobody listens");
    SUCCEED();
}

// The shipped unit, with programs that are surely there.
TEST(SystemdUnit, IsWhatSystemdUnderstands) {
    if (std::system("systemd-analyze --version >/dev/null 2>&1") != 0) {
        GTEST_SKIP() << "systemd-analyze is not here";
    }
    const TemporaryDirectory folder;
    std::string unit = test::content_of(TANJI_TEST_DATA "/../docs/systemd/tanjid.service");
    ASSERT_FALSE(unit.empty());
    for (std::size_t at; (at = unit.find("/usr/bin/tanjid")) != std::string::npos;) {
        unit.replace(at, std::string("/usr/bin/tanjid").size(), "/usr/bin/env");
    }
    test::put_content(folder / "tanjid.service", unit);
    const std::string said = folder / "said";
    const std::string verify =
        "systemd-analyze verify --man=no " + (folder / "tanjid.service") + " >" + said + " 2>&1";
    EXPECT_EQ(std::system(verify.c_str()), 0);
    EXPECT_THAT(test::content_of(said), testing::Not(testing::HasSubstr("tanjid.service:")));
    const std::string security = "systemd-analyze security --offline=yes --threshold=15 " +
                                 (folder / "tanjid.service") + " >" + said + " 2>&1";
    EXPECT_EQ(std::system(security.c_str()), 0) << test::content_of(said);
}

}  // namespace
}  // namespace tanji::node
