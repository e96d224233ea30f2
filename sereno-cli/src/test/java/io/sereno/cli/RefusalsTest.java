package io.sereno.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sereno.Sereno;
import io.sereno.spi.Bytes;
import io.sereno.spi.Commit;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What commands refuse: before they connect, where the arguments alone show it, and before they ask. */
@Timeout(60)
class RefusalsTest {
    private static final String NOWHERE = "etcd://127.0.0.1:1/x";
    /** The name of an entry as a client puts it. */
    private static final String SEAT = "AAAAAAAAAAA-00000000000000000001";

    private final MemoryUser user = new MemoryUser("refusals");

    @AfterEach
    void close() {
        user.close();
    }

    /** What the message has to contain, and the command. */
    static Stream<List<String>> wrongArguments() {
        String tooLong = "n".repeat(Sereno.MAX_NAME_BYTES + 1);
        return Stream.of(
                List.of("counter name takes 0 bytes", "counter", ""),
                List.of("counter name takes 401 bytes", "counter", tooLong, "--add", "1"),
                List.of("member name takes 401 bytes", "members", tooLong),
                List.of("topic name takes 401 bytes", "topic", "pub", tooLong, "m"),
                List.of("topic name takes 0 bytes", "topic", "tail", ""),
                List.of("--count is 0", "topic", "tail", "t", "--count", "0"),
                List.of("waitgroup name takes 401 bytes", "wait", tooLong),
                List.of("ids name takes 0 bytes", "ids", ""),
                List.of("--between is 61000ms; 0ms to 1m is accepted", "graph", "--between", "61s"),
                List.of("is of the kind counter", "inspect", "counter/x"),
                List.of("accepted with the kinds [lock, rwlock, ", "inspect", "value/x"),
                List.of("is of the kind topic", "release", "topic/x", "--reason", "r"),
                List.of("--reason is blank", "release", "lock/x", "--reason", " "),
                List.of("--reason takes 501 bytes", "release", "lock/x", "--yes", "--reason", "r".repeat(501)));
    }

    @ParameterizedTest
    @MethodSource("wrongArguments")
    void nothingIsSentIfTheArgumentsAreWrong(List<String> wrong) {
        assertThat(user.runAt(NOWHERE, wrong.subList(1, wrong.size()))).isEqualTo(Exit.USAGE);
        assertThat(user.err()).contains(wrong.get(0)).doesNotContain("PERMIT_POOL", "Operator", "endNow");
    }

    @Test
    void anEntryPutByHandIsDeletedOnlyWithNow() throws Exception {
        user.put(Commit.to("lock/x").put(SEAT, Bytes.utf8("by hand")).build());
        assertThat(user.run("release", "lock/x", "--reason", "r")).isEqualTo(Exit.USAGE);
        assertThat(user.err()).contains("--now deletes the entry").doesNotContain("endNow", "Continue?");

        user.types("n\n");
        assertThat(user.run("release", "lock/x", "--reason", "r", "--now")).isEqualTo(Exit.NOTHING);
        assertThat(user.err()).contains("Deletes the entry " + SEAT, "Continue?");

        user.types("y\n");
        assertThat(user.run("release", "lock/x", "--reason", "r", "--now")).isZero();
        assertThat(user.run("inspect", "lock/x")).isEqualTo(Exit.NOTHING);
    }

    @Test
    void idsInJsonAreIdsAlone() throws Exception {
        user.put(Commit.to("lock/x").put(SEAT, Bytes.utf8("by hand")).build());
        assertThat(user.run("inspect", "lock/x", "-o", "ndjson")).isZero();
        assertThat(user.out()).contains("\"session\":\"\"", "\"ended\":false", "\"foreign\":true");
        assertThat(user.run("inspect", "lock/x")).isZero();
        assertThat(user.out()).contains("no session: put by hand");

        try (Sereno client = user.client("one")) {
            client.mutex("y").acquire();
            assertThat(user.run("inspect", "lock/y", "-o", "ndjson")).isZero();
            assertThat(user.out())
                    .containsPattern("\"session\":\"[0-9A-Za-z]{11}\"")
                    .contains("\"ended\":false", "\"foreign\":false");
            client.membership("g").join("m1", Duration.ofSeconds(10));
            assertThat(user.run("inspect", "member/g", "-o", "ndjson")).isZero();
            assertThat(user.out())
                    .containsPattern("\"session\":\"[0-9A-Za-z]{11}\"")
                    .contains("\"ended\":false");
            assertThat(user.run("sessions", "-o", "ndjson")).isZero();
            assertThat(user.out())
                    .containsPattern("\"session\":\"[0-9A-Za-z]{11}\",")
                    .contains("\"ended\":false");
        }
    }
}
