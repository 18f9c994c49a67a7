#pragma once

#include "consensus/types.h"
#include "ledger/value/crypto.h"
#include "ledger/value/result.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

// TLS between members: 1.3 only, both sides with a certificate that they made themselves, and one
// question about it: whose key is that? Names, issuers and dates mean nothing.
namespace tanji::node {

// Whose `peer` keys are known. Any thread.
class KeyDirectory {
public:
    struct Holder {
        consensus::NodeId node = 0;
        bool removed = false;  // was a node: is let in only to be told so
    };

    // From now on exactly these are nodes. Who was one before and is not any more is removed.
    void replace(std::vector<std::pair<ledger::PublicKey, consensus::NodeId>> keys);
    std::optional<Holder> find(const ledger::PublicKey& key) const;

private:
    mutable std::mutex mutex_;
    std::map<ledger::PublicKey, Holder> holders_;
};

using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

// Both sides of a node's TLS. No resumption, no tickets, no early data; X25519; ALPN `tanji/1`.
class Tls {
public:
    static ledger::Result<std::shared_ptr<Tls>> make(
        const ledger::SigningKey& key, std::shared_ptr<const KeyDirectory> directory
    );

    boost::asio::ssl::context& dialling() { return dialling_; }
    boost::asio::ssl::context& accepting() { return accepting_; }
    const KeyDirectory& directory() const { return *directory_; }

private:
    Tls(boost::asio::ssl::context dialling,
        boost::asio::ssl::context accepting,
        std::shared_ptr<const KeyDirectory> directory);

    boost::asio::ssl::context dialling_;
    boost::asio::ssl::context accepting_;
    std::shared_ptr<const KeyDirectory> directory_;
};

// The key that the other side proved to hold, after the handshake. Nothing if it did not agree to
// speak `tanji/1`.
std::optional<ledger::PublicKey> proven_key(TlsStream& stream);

// What is wrong when TLS ended so; nothing if the connection is merely gone.
struct TlsFault {
    std::string code;  // `unknown_key`, or `tls` for everything else
    std::string sentence;
    bool by_peer = false;
};
std::optional<TlsFault> tls_fault(const boost::system::error_code& failed);

}  // namespace tanji::node
