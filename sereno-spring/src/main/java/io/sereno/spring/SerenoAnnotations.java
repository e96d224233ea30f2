package io.sereno.spring;

import org.springframework.aop.config.AopConfigUtils;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.context.annotation.Role;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Makes {@link Locked}, {@link LeaderOnly} and {@link OnElected} work: import it in an application without Spring Boot,
 * which has one bean of {@link io.sereno.Sereno}, or one that is primary. Spring Boot's auto-configuration imports it.
 *
 * <pre>{@code
 * @Configuration
 * @Import(SerenoAnnotations.class)
 * class Coordination {
 *     @Bean
 *     Sereno sereno() {
 *         return Sereno.connect("etcd://etcd.internal:2379/billing");
 *     }
 * }
 * }</pre>
 */
@Configuration(proxyBeanMethods = false)
@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
@Import(SerenoAnnotations.Proxies.class)
public final class SerenoAnnotations {
    /** Spring makes it. */
    public SerenoAnnotations() {}

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static LockedAdvisor serenoLockedAdvisor(ConfigurableBeanFactory beans) {
        return new LockedAdvisor(beans);
    }

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static LeaderOnlyAdvisor serenoLeaderOnlyAdvisor(ConfigurableBeanFactory beans) {
        return new LeaderOnlyAdvisor(beans);
    }

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static LeaderMethods serenoLeaderMethods(ConfigurableBeanFactory beans) {
        return new LeaderMethods(beans);
    }

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static Candidacies serenoCandidacies(ConfigurableBeanFactory beans) {
        return new Candidacies(beans);
    }

    /** What makes proxies of beans that an advisor fits; the one of transactions, if there is one. */
    static final class Proxies implements ImportBeanDefinitionRegistrar {
        @Override
        public void registerBeanDefinitions(AnnotationMetadata importing, BeanDefinitionRegistry registry) {
            AopConfigUtils.registerAutoProxyCreatorIfNecessary(registry);
        }
    }
}
