package io.sereno.backend.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EtcdVersionTest {
    private static boolean enforces(String version) {
        return EtcdVersion.parse(version).orElseThrow().enforcesRights();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3.3.27",
                "3.4.23",
                "3.4.44",
                "3.5.0",
                "3.5.32",
                "3.6.0",
                "3.6.13",
                "3.5.32-rc.1",
                "3.7.0",
                "2.3.8"
            })
    void olderVersionsDoNotEnforceRights(String version) {
        assertThat(enforces(version)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"3.5.33", "3.5.34", "3.6.14", "3.6.20", "3.7.1", "3.8.0", "3.6.14+git", "4.0.0"})
    void patchedVersionsEnforceRights(String version) {
        assertThat(enforces(version)).isTrue();
    }

    @Test
    void aTextThatIsNoVersionIsNotParsed() {
        assertThat(EtcdVersion.parse("unknown")).isEmpty();
        assertThat(EtcdVersion.parse("")).isEmpty();
        assertThat(EtcdVersion.parse("3.5")).isEmpty();
        assertThat(EtcdVersion.parse("9999999999.1.1")).isEmpty();
    }
}
