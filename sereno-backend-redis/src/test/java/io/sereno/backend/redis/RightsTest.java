package io.sereno.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.CommandType;
import io.sereno.spi.Backend;
import io.sereno.spi.BackendException;
import io.sereno.spi.BackendException.Outcome;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import io.sereno.spi.Lease;
import io.sereno.spi.Promise;
import io.sereno.spi.Query;
import io.sereno.spi.Target;
import io.sereno.testservers.Persistence;
import io.sereno.testservers.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A user with the least rights, as docs/redis.md lists them. */
class RightsTest extends RedisTest {
    private static final String SECRET = "right-s3cret";

    private RedisServer server = RedisServer.start(Persistence.APPEND_ALWAYS, user(rights()));

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Override
    RedisServer server() {
        return server;
    }

    @Override
    Opened config() {
        return super.config().in("billing").as("app", SECRET);
    }

    @Test
    void theRightsOfTheGuideAreEnoughForEverything() throws Exception {
        Backend backend = open();
        assertThat(backend.guarantees().promises())
                .contains(Promise.REVISIONS_SURVIVE_FAIL_OVER, Promise.SNAPSHOT_READS)
                .doesNotContain(Promise.DURABLE);
        doEverything(backend);
        server.restart();
        awaitWorking(backend, Duration.ofSeconds(20));
        doEverything(backend);
    }

    @Test
    void theRightsOfTheGuideAreTheLeast() throws Exception {
        doEverything(open());
        List<String> used = redis().info("commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_"))
                .map(line -> line.substring("cmdstat_".length(), line.indexOf(':')))
                .toList();
        List<String> listed = Stream.of(rights().split(" "))
                .filter(right -> right.startsWith("+"))
                .map(right -> right.substring(1))
                .toList();
        assertThat(listed).hasSizeGreaterThan(10);
        assertThat(used).as("the commands that the server has seen").containsAll(listed);
    }

    /** The user may not call it directly, and not within a script either. */
    @Test
    void theRightsOfTheGuideDoNotShowThePasswordOfTheAdministrator() {
        redis().configSet("masterauth", "administr4tor");
        RedisCommands<String, String> app = app();
        assertThatThrownBy(() -> app.configGet("masterauth")).hasMessageContaining("NOPERM");
        for (String command : List.of("'CONFIG', 'GET', 'masterauth'", "'ACL', 'LIST'", "'ACL', 'GETUSER', 'app'")) {
            assertThatThrownBy(() -> app.eval("return redis.call(" + command + ")", ScriptOutputType.MULTI))
                    .hasMessageNotContaining("administr4tor");
        }
        assertThatThrownBy(() -> app.eval("return redis.call('HGET', 'other', 'field')", ScriptOutputType.VALUE))
                .isInstanceOf(RedisCommandExecutionException.class);
    }

    /** The guide's statement about the one additional right. */
    @Test
    void aUserWhoMayReadTheConfigurationIsPromisedDurability() {
        redis().aclSetuser("app", AclSetuserArgs.Builder.addCommand(CommandType.CONFIG, CommandType.GET));
        assertThat(open().guarantees().promises()).contains(Promise.DURABLE);
    }

    /** The hardened profile: an administrator loads the script, and the user may run no other one. */
    @Test
    void aUserWithoutEvalWorksIfTheScriptIsLoadedAndElseGetsAClearError() throws Exception {
        server.close();
        server = RedisServer.start(Persistence.APPEND_ALWAYS, user(rights().replace(" +eval ", " ")));
        assertThatThrownBy(this::open).isInstanceOfSatisfying(BackendException.class, e -> {
            assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(e.permanent()).as("it may be loaded in a moment").isFalse();
            assertThat(e).hasMessageContaining("SCRIPT LOAD").hasMessageContaining("docs/redis.md");
        });
        loadScript();
        Backend backend = open();
        doEverything(backend);
        RedisCommands<String, String> app = app();
        assertThatThrownBy(() -> app.eval("return 1", ScriptOutputType.INTEGER)).hasMessageContaining("NOPERM");

        server.restart();
        BackendException lacking = (BackendException)
                failure(backend.commit(Commit.to("d").put("a", Bytes.EMPTY).build()));
        assertThat(lacking.permanent()).isFalse();
        loadScript();
        awaitWorking(backend, Duration.ofSeconds(20));
        doEverything(backend);
    }

    private void loadScript() {
        Script script = Script.of("billing");
        assertThat(redis().scriptLoad(script.text())).isEqualTo(script.digest());
    }

    /** The user's own connection. */
    private RedisCommands<String, String> app() {
        InetSocketAddress endpoint = server.endpoints().get(0);
        RedisClient client = RedisClient.create(RedisURI.Builder.redis(endpoint.getHostString(), endpoint.getPort())
                .withAuthentication("app", SECRET.toCharArray())
                .build());
        closing(() -> client.shutdown(0, 2, TimeUnit.SECONDS));
        return client.connect().sync();
    }

    private void doEverything(Backend backend) throws InterruptedException {
        Notices notices = new Notices();
        watch(backend, new Target("d", Optional.of("left")), new Notices()).cancel();
        watch(backend, new Target("d", Optional.empty()), notices);
        assertThat(join(grant(backend, TTL).renew())).isTrue();
        put(backend, "d", "free", "1");
        notices.await("free", Duration.ofSeconds(10));
        notices.awaitBehind(putForAMoment(backend, "d", "bound").revision(), "bound", Duration.ofSeconds(10));
        // After a restart the notice may have been a reset.
        List<String> seen = names(backend, "d");
        while (seen.contains("bound")) {
            seen = names(backend, "d");
        }
        assertThat(join(backend.read(new Query.One("d", "free"))).entries()).hasSize(1);
        committed(backend, Commit.to("d").delete("free"));
        assertThat(join(backend.read(new Query.Range("d", "", 1))).entries()).isEmpty();
        join(grant(backend, TTL).revoke());
    }

    @Test
    void anotherNamespaceIsRefusedAtOnceAndTheMessageSaysWhereTheRightsAre() {
        assertThatThrownBy(() -> open(config().in("payroll"))).isInstanceOfSatisfying(BackendException.class, e -> {
            assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
            assertThat(e.permanent()).isTrue();
            assertThat(e).hasMessageContaining("NOPERM").hasMessageContaining("docs/redis.md");
        });
    }

    /** The right is removed while the script runs, so it is unknown how far the script came. */
    @Test
    void aMissingRightOfTheScriptLeavesAnUnknownOutcome() {
        Backend backend = open();
        put(backend, "d", "a", "1");
        redis().aclSetuser("app", AclSetuserArgs.Builder.removeCommand(CommandType.SPUBLISH));
        BackendException torn = (BackendException)
                failure(backend.commit(Commit.to("d").put("b", Bytes.EMPTY).build()));
        assertThat(torn.outcome()).isEqualTo(Outcome.UNKNOWN);
        assertThat(torn).hasMessageContaining("docs/redis.md").hasMessageContaining("spublish");
    }

    /** Nothing is changed by a listing, so there is nothing to find out, and no use in another attempt. */
    @Test
    void aListingWithoutARightOfTheScriptIsRefusedForGoodAndTheMessageNamesTheRight() {
        Backend backend = open();
        redis().aclSetuser("app", AclSetuserArgs.Builder.removeCommand(CommandType.ZRANGEBYLEX));
        BackendException refused = (BackendException) failure(backend.directories(Optional.empty(), 10));
        assertThat(refused.outcome()).isEqualTo(Outcome.NOT_APPLIED);
        assertThat(refused.permanent()).isTrue();
        assertThat(refused).hasMessageContaining("zrangebylex").hasMessageContaining("docs/redis.md");
    }

    @Test
    void aUserWhoMayNotPublishIsRefusedAtOnce() {
        for (String channels : List.of("", "&other:*")) {
            server.close();
            server = RedisServer.start(
                    Persistence.APPEND_ALWAYS,
                    user(rights().replace(" &{sereno:billing}:*", " " + channels)
                            .strip()));
            assertThatThrownBy(this::open).isInstanceOfSatisfying(BackendException.class, e -> {
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_APPLIED);
                assertThat(e.permanent()).isTrue();
                assertThat(e).hasMessageContaining("channel").hasMessageContaining("docs/redis.md");
            });
        }
    }

    @Test
    void theFirstWatchOfAUserWhoMayNotSubscribeFails() {
        server.close();
        server = RedisServer.start(Persistence.APPEND_ALWAYS, user(rights().replace(" +ssubscribe ", " ")));
        Backend backend = open();
        BackendException refused =
                (BackendException) failure(backend.watch(new Target("d", Optional.empty()), new Notices()));
        assertThat(refused.permanent()).isTrue();
        assertThat(refused).hasMessageContaining("NOPERM").hasMessageContaining("docs/redis.md");
    }

    /** Otherwise the missing right would be noticed when a watch is cancelled, and other watches would end. */
    @Test
    void theFirstWatchOfAUserWhoMayNotUnsubscribeFails() {
        server.close();
        server = RedisServer.start(Persistence.APPEND_ALWAYS, user(rights().replace(" +sunsubscribe", "")));
        Backend backend = open();
        BackendException refused =
                (BackendException) failure(backend.watch(new Target("d", Optional.empty()), new Notices()));
        assertThat(refused.permanent()).isTrue();
        assertThat(refused).hasMessageContaining("sunsubscribe").hasMessageContaining("docs/redis.md");
    }

    /** Redis ends the script at the refused command. The changes before it are stored with their revision, so no revision is given twice. */
    @Test
    void theRevisionIsStoredEvenIfTheRightToPublishWasTakenAway() {
        Backend backend = open();
        Lease lease = grant(backend, TTL);
        long given = 0;
        for (int i = 0; i < 3; i++) {
            Commit.Builder commit = Commit.to("d");
            for (int j = 0; j < 100; j++) {
                commit.put("n" + i + "-" + j, Bytes.EMPTY, lease.id());
            }
            given = committed(backend, commit);
        }
        redis().aclSetuser("app", AclSetuserArgs.Builder.removeCommand(CommandType.SPUBLISH));
        String[] keys = Script.of("billing").keys();
        assertThat(failure(lease.revoke())).hasMessageContaining("can't run this command");
        assertThat(redis().hlen(keys[1]))
                .as("entries that are left, and one for the key")
                .isBetween(2L, 100L);
        assertThat(Long.parseLong(redis().hget(keys[0], "revision"))).isGreaterThan(given);
        long clock = Long.parseLong(redis().hget(keys[0], "clock"));
        redis().del(keys[3]);
        assertThat(failure(backend.grantLease(TTL))).hasMessageContaining("can't run this command");
        assertThat(Long.parseLong(redis().hget(keys[0], "clock"))).isGreaterThan(clock);
    }

    @Test
    void withoutInfoTheSamePromiseIsNotMade() {
        server.close();
        server = RedisServer.start(Persistence.APPEND_ALWAYS, user(rights().replace(" +info ", " ")));
        Backend backend = open();
        put(backend, "d", "a", "1");
        assertThat(backend.guarantees().promises())
                .doesNotContain(Promise.REVISIONS_SURVIVE_FAIL_OVER, Promise.DURABLE);
    }

    @Test
    void aWrongPasswordIsRefusedForGood() {
        assertThatThrownBy(() -> config().as("app", "wrong").open())
                .isInstanceOfSatisfying(
                        BackendException.class, e -> assertThat(e.permanent()).isTrue());
    }

    private static String user(String rights) {
        return "user app on >" + SECRET + " " + rights;
    }

    /** Reads the list from the guide itself, so that the guide stays true. */
    private static String rights() {
        try {
            String guide = Files.readString(Path.of("..", "docs", "redis.md"));
            Matcher listed = Pattern.compile("ACL SETUSER app on >password (resetkeys[^`]+)```")
                    .matcher(guide);
            assertThat(listed.find()).as("the list of rights in docs/redis.md").isTrue();
            return listed.group(1).replaceAll("\\s+", " ").strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
