package io.sereno.spring.boot.test;

import io.sereno.spring.boot.SerenoConnectionDetails;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Names a new store when a context is made. Equal for all tests, so that it is no reason to make another context. */
record StoreOfTheContext() implements ContextCustomizer {
    /** Spring's tests find it by spring.factories. */
    static final class Factory implements ContextCustomizerFactory {
        @Override
        public @Nullable ContextCustomizer createContextCustomizer(
                Class<?> testClass, List<ContextConfigurationAttributes> configuration) {
            return TestContextAnnotationUtils.hasAnnotation(testClass, AutoConfigureTestSereno.class)
                    ? new StoreOfTheContext()
                    : null;
        }
    }

    @Override
    public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
        String uri = "memory:/test-" + UUID.randomUUID();
        context.getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource("sereno test", Map.of("sereno.uri", uri, "sereno.require", "")));
        RootBeanDefinition details = new RootBeanDefinition(SerenoConnectionDetails.class, () -> () -> uri);
        details.setPrimary(true);
        ((BeanDefinitionRegistry) context.getBeanFactory()).registerBeanDefinition("serenoTestConnection", details);
    }
}
